"""Plans as functions, in a session: the only module that a session loads to score with the engine ``portable``.

Its imports are all that stands between a new connection and its first score, so they are few.
"""

from __future__ import annotations

import gc
import importlib
import marshal
import math
import sys
from array import array

from . import ieee

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType
    from typing import Any

    from .protocol import Plpy

    Score = Callable[[Sequence[float | None], Sequence[str | None]], float]

CANNOT_SCORE = "DB013"
# How a fingerprint ends that stands for all answers of a version, a list, and not for its score alone.
ALL = "#"
# Marshalled code is for the very interpreter that wrote it.
PYTHON = f"{sys.implementation.cache_tag} {sys.hexversion:x}"
LOADED_AT_MOST = 16
# What a score needs, each after what it imports.
MODULES = ("ieee", "optional", "masks", "kernels", "lanes", "near", "gaps", "hashing", "compiled")
# Those of them that few models need.
SOMETIMES = ("masks", "kernels", "near", "gaps", "hashing")

_functions: dict[str, Score] = {}
# Functions that know the answers for some rows already.
_foretold: dict[str, Score] = {}


class Refused(ValueError):
    """The plan refuses a row, as the estimator would."""


def load(code: CodeType) -> Score:
    """Turn compiled code into the function ``score(numbers, texts)``.

    The function takes one row: its numbers and texts in interface order, None where NULL.

    :raises Refused: from the function, for a row that the estimator refuses; its message is the reason.
    """
    namespace: dict[str, Any] = {"ieee": ieee, "inf": math.inf, "nan": math.nan, "Refused": Refused}
    for name in SOMETIMES:
        if name in code.co_names:
            namespace[name] = importlib.import_module(f".{name}", __package__)
    exec(code, namespace)  # noqa: S102 - compiled here from a plan, which is data
    score: Score = namespace["score"]
    return score


def score(plpy: Plpy, fingerprint: str, numbers: Sequence[float | None], texts: Sequence[str | None]) -> float:
    """Score one row, or raise SQLSTATE DB013."""
    function = _foretold.get(fingerprint) or _functions.get(fingerprint)
    try:
        if function is None:
            function = of(plpy, fingerprint)
        return function(numbers, texts)
    except Refused as error:
        plpy.error(
            refusal(plpy, fingerprint, error), hint="dbml model show tells what it takes.", sqlstate=CANNOT_SCORE
        )


def foretell(plpy: Plpy, fingerprint: str, answers: dict[Any, Any], asked: int) -> None:
    """Have :func:`score` know answers that were computed together, as rows that a statement writes ask one by one.

    :param answers: by :func:`row`.
    :param asked: how often it will be asked; then everything is as before.
    """
    function = of(plpy, fingerprint)

    def foretold(numbers: Sequence[float | None], texts: Sequence[str | None]) -> float:
        nonlocal asked
        asked -= 1
        if asked <= 0:
            _foretold.pop(fingerprint, None)
        answer = answers.get(row(numbers, texts))
        return function(numbers, texts) if answer is None else answer

    _foretold[fingerprint] = foretold


def row(numbers: Sequence[float | None], texts: Sequence[str | None]) -> tuple[bytes, tuple[str | None, ...]]:
    """All that a score depends on. Bytes tell -0.0 from 0.0; NaN is what a plan takes for NULL."""
    return array("d", [math.nan if x is None else x for x in numbers]).tobytes(), tuple(texts)


def known(fingerprint: str, numbers: Sequence[float | None], texts: Sequence[str | None]) -> float | None:
    """Score one row without a question to the server; None where that cannot be, or the plan refuses the row."""
    function = _functions.get(fingerprint)
    if function is None:
        return None
    try:
        return function(numbers, texts)
    except Refused:
        return None


def score_by_code(
    plpy: Plpy,
    version: str | None,
    fingerprint: str,
    codes: Sequence[bytes] | None,
    plan_text: str | None,
    numbers: Sequence[float | None],
    texts: Sequence[str | None],
) -> float | None:
    """Score one row, given all that is kept of its version; runs no query, so that a parallel query may call it.

    :param version: as messages call it; None: there is none of this fingerprint.
    :param codes: the name of a Python, then the code for it, and so on.
    :param plan_text: as JSON.
    :returns: None where there is no code for this Python, and no plan.
    """
    try:
        function = _functions.get(fingerprint)
        if function is None:
            code = dict(zip(codes[::2], codes[1::2])).get(PYTHON.encode()) if codes else None
            if code is None and plan_text is None:
                if version is None:
                    raise Refused(f"no stored version with a plan has the fingerprint {fingerprint}")
                return None
            function = _remembered(
                fingerprint,
                lambda: marshal.loads(code) if code is not None else _compiled(str(plan_text)),  # noqa: S302 - the server's own
            )
        return function(numbers, texts)
    except Refused as error:
        plpy.error(
            f"{version or 'the model'} cannot score this row: {error}",
            hint="dbml model show tells what it takes.",
            sqlstate=CANNOT_SCORE,
        )


def refusal(plpy: Plpy, fingerprint: str, reason: Refused) -> str:
    """Say which version refuses a row, and why."""
    query = plpy.prepare(
        "select v.model || '@' || v.version as name from dbml.model_version v where v.fingerprint = $1 union all "
        "select o.model || '@' || o.version from dbml.version_output o where o.fingerprint = $1 limit 1",
        ["text"],
    )
    rows = plpy.execute(query, [fingerprint])
    return f"{rows[0]['name'] if rows else 'the model'} cannot score this row: {reason}"


def of(plpy: Plpy, fingerprint: str) -> Score:
    """Return the function of the version with this fingerprint, from the session's cache or from the table.

    :raises Refused: there is no such version, or it has no plan.
    """
    function = _functions.get(fingerprint)
    if function is not None:
        return function
    query = plpy.prepare("select b.code from dbml.bytecode b where b.fingerprint = $1 and b.python = $2", ["text"] * 2)
    rows = plpy.execute(query, [fingerprint, PYTHON])
    # After an upgrade of the server's Python there is no code for it yet, and a standby can store none.
    return _remembered(
        fingerprint,
        lambda: marshal.loads(rows[0]["code"]) if rows else _compile(plpy, fingerprint),  # noqa: S302 - the server's own
    )


def _remembered(fingerprint: str, code: Callable[[], CodeType]) -> Score:
    """Turn code into a function, which this session keeps."""
    if len(_functions) >= LOADED_AT_MOST:
        _functions.clear()
    # A large model makes ten thousands of objects at once, none of them garbage; to look for some took a tenth of it.
    collects = gc.isenabled()
    gc.disable()
    try:
        function = _functions[fingerprint] = load(code())
    finally:
        if collects:
            gc.enable()
    return function


def store(plpy: Plpy, fingerprint: str) -> None:
    """Compile a version's plan and keep the code for every session."""
    try:
        _keep(plpy, fingerprint, _compile(plpy, fingerprint))
    except Refused as error:
        plpy.error(str(error), hint="Add the model again.", sqlstate=CANNOT_SCORE)


def store_runtime(plpy: Plpy) -> None:
    """Keep the code of the modules that a session's first score needs; ``dbml._load_compiled`` takes it from there."""
    finder: Any = next(f for f in sys.meta_path if getattr(f, "package", None) == __package__)
    texts = {name: finder.get_source(f"{__package__}.{name}") for name in MODULES}
    code = [(name, compile(text, name, "exec", dont_inherit=True, optimize=2)) for name, text in texts.items()]
    _keep(plpy, str(__package__), code)


def _keep(plpy: Plpy, fingerprint: str, code: Any) -> None:
    query = plpy.prepare(
        "insert into dbml.bytecode (fingerprint, python, code) values ($1, $2, $3) "
        "on conflict (fingerprint, python) do update set code = excluded.code",
        ["text", "text", "bytea"],
    )
    plpy.execute(query, [fingerprint, PYTHON, marshal.dumps(code)])


def _compile(plpy: Plpy, fingerprint: str) -> CodeType:
    plpy.execute("select dbml._load_runtime()")
    return _compiled(plan_text(plpy, fingerprint))


def _compiled(text: str) -> CodeType:
    from . import plan, portable

    try:
        return portable.compile_plan(plan.loads(text))
    except plan.PlanError as error:
        raise Refused(str(error)) from error
    except RecursionError as error:
        raise Refused("the plan nests deeper than this server's Python can compile") from error


def plan_text(plpy: Plpy, fingerprint: str) -> str:
    """Return the plan of the version with this fingerprint, as JSON.

    :raises Refused: there is no such version, or it has no plan.
    """
    query = plpy.prepare(
        "select v.plan from dbml.model_version v where v.fingerprint = $1 union all "
        "select o.plan from dbml.version_output o where o.fingerprint = $1 limit 1",
        ["text"],
    )
    rows = plpy.execute(query, [fingerprint])
    if not rows or rows[0]["plan"] is None:
        raise Refused(f"no stored version with a plan has the fingerprint {fingerprint}")
    text: str = rows[0]["plan"]
    return text
