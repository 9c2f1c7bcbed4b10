"""What the SQL functions call: the only module that knows ``plpy``'s ways of failing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from . import compiled, frame, models, packages, scoring, signing
from .agreement import agree
from .protocol import Plpy

UNKNOWN_MODEL = "DB005"
_started: set[str] = set()


def started(name: str) -> Callable[..., Any]:
    """Return the function of this module that an SQL function calls from now on in this session.

    When an SQL function begins a second time, it has been touched: that is how ``dbml.revoke_key`` tells open sessions
    to look at signatures again, without a question for each row.
    """
    if name in _started:
        scoring.forget_estimators()
    _started.add(name)
    function: Callable[..., Any] = globals()[name]
    return function


def score(plpy: Plpy, fingerprint: str, numbers: Sequence[Any], texts: Sequence[Any]) -> float:
    """Score one row, or raise SQLSTATE DB013."""
    try:
        return scoring.score(plpy, fingerprint, numbers, texts)
    except models.Refused as error:
        plpy.error(str(error), hint=error.hint, sqlstate=error.sqlstate)


def score_outputs(
    plpy: Plpy, fingerprint: str, engine: str, numbers: Sequence[Any], texts: Sequence[Any]
) -> list[float]:
    """All answers for one row, or raise SQLSTATE DB013."""
    try:
        return scoring.outputs(plpy, fingerprint, engine, numbers, texts)
    except models.Refused as error:
        plpy.error(str(error), hint=error.hint, sqlstate=error.sqlstate)


def score_in_bulk(
    plpy: Plpy,
    fingerprint: str,
    numbers: Sequence[Any],
    texts: Sequence[Any],
    statement: scoring.Statement,
    entity: Sequence[str],
) -> float | None:
    """Score a row that a statement writes, or raise SQLSTATE DB013; None where it waits for the statement's end."""
    try:
        return scoring.score_in_bulk(plpy, fingerprint, numbers, texts, statement, entity)
    except models.Refused as error:
        plpy.error(str(error), hint=error.hint, sqlstate=error.sqlstate)


def waiting(statement: scoring.Statement) -> str | None:
    """Return the keys of the rows that wait for the end of a statement, as JSON; they no longer do."""
    entities = scoring.take_waiting(statement)
    return json.dumps(entities) if entities else None


def score_ahead(
    plpy: Plpy,
    fingerprint: str,
    engine: str,
    numbers: Sequence[Any],
    texts: Sequence[Any],
    profile: int,
    entity: Sequence[str],
) -> float:
    """Score one stored row, perhaps with those behind it, or raise SQLSTATE DB013."""
    try:
        return scoring.score_ahead(plpy, fingerprint, engine, numbers, texts, profile, entity)
    except models.Refused as error:
        plpy.error(str(error), hint=error.hint, sqlstate=error.sqlstate)


def words(plpy: Plpy, fingerprint: str) -> str | None:
    """What :func:`.words.of` says of a version of the engine ``portable``, as JSON."""
    try:
        found = compiled.of(plpy, fingerprint).__globals__.get("words")
    except compiled.Refused:
        return None  # whoever scores says why
    return json.dumps(found)


def score_rows(
    plpy: Plpy,
    fingerprint: str,
    engine: str,
    count: int,
    numbers: Sequence[bytes],
    texts: Sequence[Sequence[Any]],
    words: str | None = None,
) -> str:
    """Score many rows; returns an array as SQL writes it, with null for a row that is refused.

    Of all answers each row has an array of its own, which is a text in the array of rows.

    :param words: of texts that come as codes, behind the numbers.
    """
    if not count:
        return "{}"
    try:
        answers = scoring.score_rows(plpy, fingerprint, engine, count, numbers, texts, words)
    except models.Refused as error:
        plpy.error(str(error), hint=error.hint, sqlstate=error.sqlstate)
    if fingerprint.endswith(compiled.ALL):
        written = ('"{' + repr(one)[1:-1] + '}"' if isinstance(one, list) else "null" for one in answers)
        return "{" + ",".join(written) + "}"
    # To look for the shortest text that is read as the same number would take twice as long.
    return "{" + (("%.17g," * count)[:-1] % tuple(answers)).replace("nan", "null") + "}"


def explain(plpy: Plpy, model: str, version: int, numbers: Sequence[Any], texts: Sequence[Any], scale: str) -> Any:
    """Explain one row, or raise SQLSTATE DB013."""
    from . import explaining

    return _explained(plpy, f"{model}@{version}", lambda: explaining.row(plpy, model, version, numbers, texts, scale))


def explain_rows(
    plpy: Plpy, model: str, version: int, count: int, numbers: Sequence[bytes], texts: Sequence[Any], scale: str
) -> Any:
    """Explain many rows; returns a line for each, or None for none."""
    if not count:
        return None
    from . import explaining

    label = f"{model}@{version}"
    return _explained(plpy, label, lambda: explaining.rows(plpy, model, version, count, numbers, texts, scale))


def _explained(plpy: Plpy, label: str, explain: Callable[[], Any]) -> Any:
    from .explanation import Unexplained

    try:
        return explain()
    except Unexplained as error:
        plpy.error(str(error), hint=error.hint, sqlstate=models.CANNOT_SCORE)
    except compiled.Refused as error:
        message = f"{label} cannot score this row: {error}"
        plpy.error(message, hint="dbml model show tells what it takes.", sqlstate=models.CANNOT_SCORE)
    except models.Refused as error:
        plpy.error(str(error), hint=error.hint, sqlstate=error.sqlstate)


def prime(plpy: Plpy, fingerprint: str, engine: str, numbers: Sequence[Any] | None, texts: Sequence[Any] | None) -> int:
    """Score many rows at once for the calls that follow; returns the rows remembered."""
    return scoring.prime(plpy, fingerprint, engine, numbers or [], texts or [])


def verify(plpy: Plpy, model: str, version: int) -> dict[str, Any]:
    """Compare golden rows, scored here, with the estimator's own answers.

    :returns: ``rows``, ``differing`` (see :mod:`.agreement`), ``largest_difference``, ``worst_row`` (from 0) and
        ``error``, the reason where they could not be scored at all.
    """
    plan = plpy.prepare(
        "select v.fingerprint, v.interface, v.golden from dbml.model_version v where v.model = $1 and v.version = $2",
        ["text", "integer"],
    )
    rows = plpy.execute(plan, [model, version])
    if not rows:
        plpy.error(
            f"there is no {model}@{version}",
            hint="dbml model list shows what there is",
            sqlstate=UNKNOWN_MODEL,
        )
    labelled = models.label(model, version, rows[0]["fingerprint"])
    golden = json.loads(rows[0]["golden"])
    expected = golden["scores"]
    report: dict[str, Any] = {
        "rows": len(expected),
        "differing": 0,
        "largest_difference": 0.0,
        "worst_row": None,
        "error": None,
    }
    try:
        models.estimator(plpy, labelled)  # and its signature is checked, before features are taken from the row
        numbers, texts = frame.to_wire(json.loads(rows[0]["interface"]), golden["rows"])
        together = scoring.score_many(plpy, labelled, numbers, texts)
        # A row alone and the row among others: both ways are used.
        alone = scoring.score_many(plpy, labelled, numbers[:1], texts[:1])
    except models.Refused as error:
        if error.sqlstate != models.CANNOT_SCORE:
            plpy.error(str(error), hint=error.hint, sqlstate=error.sqlstate)
        return report | {"differing": len(expected), "error": str(error)}
    together[:1] = [max(together[0], alone[0], key=lambda answer: abs(answer - expected[0]))]
    for index, (answer, truth) in enumerate(zip(together, expected)):
        difference = abs(answer - truth)
        if not agree(truth, answer):
            report["differing"] += 1
        if report["worst_row"] is None or not difference <= report["largest_difference"]:
            report["largest_difference"] = difference
            report["worst_row"] = index
    return report


def verify_signature(plpy: Plpy, model: str, version: int) -> None:
    """Check that a trusted key has signed a version, or raise the SQLSTATE that tells why not."""
    plan = plpy.prepare(
        "select pg_catalog.encode(pg_catalog.sha256(v.artifact), 'hex') as sha256, v.interface "
        "from dbml.model_version v where v.model = $1 and v.version = $2",
        ["text", "integer"],
    )
    row = plpy.execute(plan, [model, version])[0]
    packages.prepare(plpy)
    try:
        signing.check(plpy, model, version, row["sha256"], json.loads(row["interface"]))
    except signing.NotTrusted as error:
        plpy.error(str(error), hint=error.hint, sqlstate=error.sqlstate)
