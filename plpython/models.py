"""Stored versions that score many rows at once, loaded once a session: checked, one thread, a bounded number."""

from __future__ import annotations

import hashlib
import io
import json
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Union

from . import compiled, frame, packages, plan, signing, unfold
from .protocol import Plpy
from .words import Coded

Numbers = Sequence["float | None"]
Texts = Sequence["str | None"]

CANNOT_SCORE = compiled.CANNOT_SCORE
HINT = "dbml doctor tells what this server lacks; dbml model verify checks a version in it."
LOADED_AT_MOST = 8
# A version that will not load is not tried again for every row of a statement.
SECONDS_UNTIL_RETRY = 1.0


class Refused(Exception):
    """A row is not scored: the estimator refuses it, or cannot be loaded."""

    def __init__(self, message: str, sqlstate: str = CANNOT_SCORE, hint: str = HINT) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.hint = hint


class LoadError(Refused):
    """A stored version cannot be loaded in this server."""


@dataclass(frozen=True)
class Estimator:
    """A version of the engine ``python``, ready to score."""

    name: str
    interface: dict[str, Any]
    estimator: Any
    all_answers: bool = False

    def score_many(self, numbers: Sequence[Numbers], texts: Sequence[Texts]) -> list[Any]:
        """Score rows in one vectorised call for each kind of row; all or none.

        :returns: a number a row, or a list of all answers.
        :raises Refused: with the estimator's own reason.
        """
        answers: list[Any] = [0.0] * len(numbers)
        try:
            for indices, rows in frame.rows_to_input(self.interface, numbers, texts):
                if self.all_answers:
                    found = frame.answers(self.estimator, self.interface, rows)
                else:
                    found = frame.scores(self.estimator, self.interface["output"], rows)
                for index, answer in zip(indices, found.tolist()):
                    answers[index] = answer
        except BaseException as error:
            # A model may even try to exit. A cancelled statement does not come this way: nothing here calls the server.
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            raise Refused(f"{self.name} cannot score this row: {reason}") from error
        return answers


@dataclass(frozen=True)
class PlanInBatches:
    """A version of the engine ``portable`` by numpy: for ensembles so large that a batch pays."""

    plan: dict[str, Any]

    def score_rows(self, numbers: Sequence[Numbers], texts: Sequence[Texts]) -> list[Any]:
        """Score rows.

        :returns: a number a row, or a list of all answers; NaN for a row that is refused.
        """
        from . import batch

        if "outputs" in self.plan:
            return _or_nan(batch.answers(self.plan, numbers, texts))
        answers: list[Any] = batch.score(self.plan, numbers, texts).tolist()
        return answers

    def score_columns(
        self, coded: Coded | None, numbers: Sequence[Any], texts: Sequence[Texts], count: int
    ) -> list[Any]:
        """The same of rows that are columns.

        :param coded: where texts come as codes, as the last numbers.
        """
        from . import batch

        rows = batch.Rows(batch.stacked(numbers), texts, count)
        if coded is not None:
            rows = batch.decoded(coded, rows)
        if "outputs" in self.plan:
            return _or_nan(batch.answer_columns(self.plan, rows))
        answers: list[Any] = batch.score_columns(self.plan, rows).tolist()
        return answers


def _or_nan(answers: Any) -> list[Any]:
    return [one if one[0] == one[0] else one[0] for one in answers.tolist()]


Model = Union[Estimator, PlanInBatches]

_Key = tuple[str, str]
_loaded: OrderedDict[_Key, Model] = OrderedDict()
_failed: dict[_Key, tuple[float, LoadError]] = {}
_limits: list[Any] = []


def estimator(plpy: Plpy, labelled: str) -> Estimator:
    """Return a version of the engine ``python``, from the session's cache or from the table.

    :param labelled: its fingerprint, as :func:`label` says it.
    :raises LoadError: unknown, corrupt, not signed by a trusted key, or a package is missing.
    """
    found = _load((labelled, "python"), lambda: _read_estimator(plpy, labelled))
    assert isinstance(found, Estimator)
    return found


def in_batches(plpy: Plpy, fingerprint: str) -> PlanInBatches:
    """Return a plan to score many rows by, from the session's cache or from the table.

    :raises LoadError: unknown, or the server's Python has no numpy.
    """
    found = _load((fingerprint, "portable"), lambda: _read_plan(plpy, fingerprint))
    assert isinstance(found, PlanInBatches)
    return found


def _load(key: _Key, read: Callable[[], Model]) -> Model:
    model = _loaded.get(key)
    if model is not None:
        _loaded.move_to_end(key)
        return model
    failed = _failed.get(key)
    if failed is not None and time.monotonic() - failed[0] < SECONDS_UNTIL_RETRY:
        raise failed[1]
    try:
        model = read()
    except LoadError as error:
        # Not the error itself: by its traceback it would keep the blob.
        _failed[key] = (time.monotonic(), LoadError(str(error), error.sqlstate, error.hint))
        raise
    _failed.pop(key, None)
    _loaded[key] = model
    if len(_loaded) > LOADED_AT_MOST:
        _loaded.popitem(last=False)
    return model


def has_batches(fingerprint: str) -> bool:
    """Whether a plan is in the session's cache, to score many rows by."""
    return (fingerprint, "portable") in _loaded


def _read_plan(plpy: Plpy, fingerprint: str) -> PlanInBatches:
    packages.prepare(plpy)
    try:
        from . import batch  # noqa: F401 - only to see that numpy is here

        read = plan.loads(compiled.plan_text(plpy, fingerprint))
    except ImportError as error:
        raise LoadError(f"scoring in batches needs numpy in the server's Python: {error}") from error
    except (compiled.Refused, plan.PlanError) as error:
        raise LoadError(str(error)) from error
    return PlanInBatches(read)


def label(model: str, version: int, fingerprint: str) -> str:
    """What the engine ``python`` knows a version by, as ``dbml._scorer`` writes it.

    A signature is for one name and number: the same file under another name is another version to load.
    """
    return f"{model}@{version} {fingerprint}"


def forget_estimators() -> None:
    """Let every version of the engine ``python`` be loaded, and its signature be checked, anew."""
    for key in [key for key, model in _loaded.items() if isinstance(model, Estimator)]:
        del _loaded[key]
    _failed.clear()


def _read_estimator(plpy: Plpy, labelled: str) -> Estimator:
    name, _, fingerprint = labelled.partition(" ")
    all_answers = fingerprint.endswith(compiled.ALL)
    fingerprint = fingerprint.rstrip(compiled.ALL)
    query = plpy.prepare(
        "select v.model, v.version, v.interface, v.artifact "
        "from dbml.model_version v "
        "where v.fingerprint = $1 and v.model || '@' || v.version = $2 and v.kind = 'joblib'",
        ["text", "text"],
    )
    rows = plpy.execute(query, [fingerprint, name])
    if not rows:
        raise LoadError(f"there is no joblib file of {name} with the fingerprint {fingerprint}")
    row = rows[0]
    blob = bytes(row["artifact"])
    packages.prepare(plpy)
    # Before anything of the blob is looked at: to unpickle it is to run it.
    try:
        interface = json.loads(row["interface"])
        signing.check(plpy, row["model"], row["version"], hashlib.sha256(blob).hexdigest(), interface)
    except signing.NotTrusted as error:
        raise LoadError(str(error), error.sqlstate, error.hint) from error
    limit = plpy.execute("select l.unfolded from dbml._limits() l")[0]["unfolded"]
    try:
        unfold.check(blob, limit)
    except (ValueError, ImportError) as error:
        raise LoadError(f"the stored blob of {name} is not loaded: {error}") from error
    try:
        import joblib

        with warnings.catch_warnings():
            # Another scikit-learn than the model's was accepted, or refused, when the version was added.
            warnings.simplefilter("ignore")
            estimator = joblib.load(io.BytesIO(blob))
        _limits[:] = [packages.limit_threads()]
    except ImportError as error:
        raise LoadError(f"{name} needs a Python package that this server lacks: {error}") from error
    except BaseException as error:
        raise LoadError(f"{name} does not load in this server: {type(error).__name__}: {error}") from error
    packages.force_one_job(estimator)
    return Estimator(name, interface, estimator, all_answers)
