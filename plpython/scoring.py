"""Scores rows: one at a time, or many in one vectorised call whose answers wait for the rows' own calls.

Scoring is a pure function of the version and of one row's features. That is what makes :func:`prime` safe:
it remembers answers by those two alone, so a remembered answer is the one that a call would give.
"""

from __future__ import annotations

import hashlib
import math
import sys
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from . import compiled, models
from .models import Refused
from .protocol import Plpy
from .words import Coded

Numbers = models.Numbers
Texts = models.Texts

# One vectorised call scores at most so many rows, and fewer of a model that would take longer over them:
# a cancelled statement can end only between two calls.
ROWS_IN_A_CALL = 4096
SECONDS_IN_A_CALL = 0.1
# Of a model that this session has not timed yet.
ROWS_IN_THE_FIRST_CALL = 32
REMEMBERED_AT_MOST = 65_536
# Below, a session's first import of numpy costs more than a compiled plan's own calls.
ROWS_THAT_PAY = 1000
# A large plan's arrays take as long to make as thousands of its own calls.
ROWS_BEFORE_FORETELLING = 4096
# A refused row spoils its whole call; halving finds it, and gives up where most rows are refused: so many calls
# for each ROWS_IN_A_CALL.
CALLS_TO_ISOLATE_AT_MOST = 64
VERSIONS_TIMED_AT_MOST = 64

# So many single scores in a row are taken for the start of a scan.
MISSES_BEFORE_READING_AHEAD = 4
# Reading ahead has paid when this many of the rows were then asked for; otherwise it waits ever longer.
HITS_THAT_PAY = 64

# Of columns of numbers, columns of texts, and how many rows they have.
ScoreColumns = Callable[[Sequence[Any], Sequence[Texts], int], "list[Any]"]

# Profile, depth of triggers, and time of a statement.
Statement = tuple[int, int, str]

_remembered: dict[bytes, float] = {}
# How many rows of a version one call takes.
_rows_in_a_call: dict[tuple[str, str], int] = {}
_codes: dict[str, Coded] = {}
# Rows of a plan that were to be scored ahead.
_waited: dict[str, int] = {}


class _Written:
    """What is known of the rows that a statement writes to a profile."""

    def __init__(self) -> None:
        self.scored = 0
        self.waiting: dict[tuple[str, ...], None] = {}


_written: dict[Statement, _Written] = {}
# The statement that scores the rows that waited: what is refused there must not wait once more.
_finishing: list[Statement] = []


class _Scan:
    """What is known of the scan going on in this session."""

    misses = 0
    hits = HITS_THAT_PAY
    patience = MISSES_BEFORE_READING_AHEAD


def score(plpy: Plpy, fingerprint: str, numbers: Numbers, texts: Texts) -> float:
    """Score one row with a stored artifact.

    :raises Refused: with the estimator's own reason.
    """
    if _remembered:
        answer = _remembered.get(_key(fingerprint, numbers, texts))
        if answer is not None:
            return answer
    return score_many(plpy, fingerprint, [numbers], [texts])[0]


def outputs(plpy: Plpy, fingerprint: str, engine: str, numbers: Numbers, texts: Texts) -> list[float]:
    """All answers for one row.

    :raises Refused: with the estimator's own reason.
    """
    answers: Any = _one(plpy, fingerprint, engine, numbers, texts)
    found: list[float] = answers
    return found


def score_in_bulk(
    plpy: Plpy, fingerprint: str, numbers: Numbers, texts: Texts, statement: Statement, entity: Sequence[str]
) -> float | None:
    """Score a row that a statement writes; after a few that nobody has primed, let the others wait.

    :returns: None for a row that :func:`take_waiting` will return at the end of the statement.
    :raises Refused: with the estimator's own reason.
    """
    answer = _remembered.get(_key(fingerprint, numbers, texts)) if _remembered else None
    if answer is not None:
        return answer
    # A statement that failed has left its own behind: another one at its depth has another time. One statement
    # may write to several profiles.
    for other in [s for s in _written if s[1] >= statement[1] and s[2] != statement[2]]:
        del _written[other]
    rows = _written.setdefault(statement, _Written())
    rows.scored += 1
    if rows.scored > MISSES_BEFORE_READING_AHEAD and statement not in _finishing:
        rows.waiting[tuple(entity)] = None
        return None
    return score_many(plpy, fingerprint, [numbers], [texts])[0]


def take_waiting(statement: Statement) -> list[list[str]]:
    """Return the keys of the rows that wait for the end of a statement, and forget them.

    The statement that scores them now is a deeper one; its rows do not wait again.
    """
    rows = _written.pop(statement, None)
    if not rows or not rows.waiting:
        return []
    profile, depth, time = statement
    _finishing[:] = [(profile, depth + 1, time)]
    return [list(entity) for entity in rows.waiting]


def score_ahead(
    plpy: Plpy,
    fingerprint: str,
    engine: str,
    numbers: Numbers,
    texts: Texts,
    profile: int,
    entity: Sequence[str],
) -> float:
    """Score a stored row; when a query goes on asking, score the rows behind it in the same call.

    A query calls once for each row, and an estimator takes as long for one row as for thousands.

    :param profile: number of the attached table.
    :param entity: the row's key.
    :raises Refused: with the estimator's own reason.
    """
    key = _key(fingerprint, numbers, texts)
    answer = _remembered.get(key)
    if answer is not None:
        _Scan.misses = 0
        _Scan.hits += 1
        return answer
    _Scan.misses += 1
    if _Scan.misses > _Scan.patience:
        paid = _Scan.hits >= HITS_THAT_PAY
        _Scan.patience = MISSES_BEFORE_READING_AHEAD if paid else min(_Scan.patience * 4, ROWS_IN_A_CALL)
        _Scan.misses = _Scan.patience if paid else 0
        _Scan.hits = 0
        plan = plpy.prepare("select dbml._read_ahead($1, $2)", ["integer", "text[]"])
        plpy.execute(plan, [profile, list(entity)])
        answer = _remembered.get(key)
        if answer is not None:
            return answer
    return _one(plpy, fingerprint, engine, numbers, texts)


def _one(plpy: Plpy, fingerprint: str, engine: str, numbers: Numbers, texts: Texts) -> float:
    if engine == "portable":
        try:
            return compiled.of(plpy, fingerprint)(numbers, texts)
        except compiled.Refused as error:
            raise Refused(compiled.refusal(plpy, fingerprint, error)) from error
    return score_many(plpy, fingerprint, [numbers], [texts])[0]


def score_many(plpy: Plpy, fingerprint: str, numbers: Sequence[Numbers], texts: Sequence[Texts]) -> list[float]:
    """Score rows by an estimator in one vectorised call for each kind of row; all or none.

    :raises Refused: with the estimator's own reason.
    """
    return models.estimator(plpy, fingerprint).score_many(numbers, texts)


def prime(plpy: Plpy, fingerprint: str, engine: str, numbers: Sequence[Numbers], texts: Sequence[Texts]) -> int:
    """Score many rows and remember the answers until the next priming outgrows the bound.

    Rows that the estimator refuses are left out: their own call raises the reason.

    :returns: the number of rows remembered.
    """
    rows = max(len(numbers), len(texts))
    numbers = numbers or [[]] * rows
    texts = texts or [[]] * rows
    if engine == "portable":
        return _foretell(plpy, fingerprint, numbers, texts)
    if len(_remembered) + rows > REMEMBERED_AT_MOST:
        _remembered.clear()
    try:
        models.estimator(plpy, fingerprint)
    except models.LoadError:
        return 0
    scored = start = 0
    to_isolate = CALLS_TO_ISOLATE_AT_MOST * -(-rows // ROWS_IN_A_CALL)
    while start < rows:
        whole = (start, min(start + rows_in_a_call(fingerprint, engine), rows))
        waiting = [whole]
        start = whole[1]
        while waiting:
            first, end = waiting.pop()
            # The trip into the server lets a cancelled statement end here.
            plpy.execute("select")
            began = time.monotonic()
            try:
                answers: list[Any] = score_many(plpy, fingerprint, numbers[first:end], texts[first:end])
            except Refused:
                if end - first > 1 and to_isolate > 0:
                    to_isolate -= 2
                    middle = (first + end) // 2
                    waiting += [(middle, end), (first, middle)]
                continue
            if (first, end) == whole:
                learn(fingerprint, engine, (time.monotonic() - began) / (end - first))
            scored += end - first
            for index, answer in enumerate(answers, first):
                _remembered[_key(fingerprint, numbers[index], texts[index])] = answer
                if fingerprint.endswith(compiled.ALL):
                    score_alone = fingerprint.rstrip(compiled.ALL)
                    _remembered[_key(score_alone, numbers[index], texts[index])] = answer[0]
    return scored


def _foretell(plpy: Plpy, fingerprint: str, numbers: Sequence[Numbers], texts: Sequence[Texts]) -> int:
    """Score rows of a plan by numpy, for the calls of its compiled function that follow."""
    _waited[fingerprint] = _waited.get(fingerprint, 0) + len(numbers)
    if _waited[fingerprint] < ROWS_BEFORE_FORETELLING:
        return 0
    try:
        model = models.in_batches(plpy, fingerprint)
    except models.LoadError:
        return 0  # no numpy here
    answers: dict[Any, Any] = {}
    for first, end in _calls(plpy, fingerprint, "portable", len(numbers)):
        found = model.score_rows(numbers[first:end], texts[first:end])
        rows = map(compiled.row, numbers[first:end], texts[first:end])
        answers.update((row, answer) for row, answer in zip(rows, found) if answer == answer)
    compiled.foretell(plpy, fingerprint, answers, len(numbers))
    return len(answers)


def score_rows(
    plpy: Plpy,
    fingerprint: str,
    engine: str,
    count: int,
    numbers: Sequence[bytes],
    texts: Sequence[Texts],
    words: str | None = None,
) -> list[Any]:
    """Score rows that come as columns, in as few calls as end within the time that one may take.

    :param numbers: per feature the bytes of its big-endian doubles, NaN where NULL.
    :param texts: per feature its texts.
    :param words: what texts come as codes, as the last numbers; see :mod:`.words`.
    :returns: a number a row, or a list of all answers; NaN for a row that is refused.
    :raises models.LoadError: the version cannot be loaded.
    """
    columns = native(numbers)
    score = _way_to_score(plpy, fingerprint, engine, count, None if words is None else _coded(words))
    answers: list[Any] = []
    for first, end in _calls(plpy, fingerprint, engine, count):
        answers += score([c[first:end] for c in columns], [c[first:end] for c in texts], end - first)
    return answers


def _calls(plpy: Plpy, fingerprint: str, engine: str, count: int) -> Iterator[tuple[int, int]]:
    """Parts of so many rows, each as large as one call may take; times what is done with each."""
    end = 0
    while end < count:
        first, end = end, min(end + rows_in_a_call(fingerprint, engine), count)
        # The trip into the server lets a cancelled statement end here.
        plpy.execute("select")
        began = time.monotonic()
        yield first, end
        learn(fingerprint, engine, (time.monotonic() - began) / (end - first))


def native(numbers: Sequence[bytes]) -> list[array[float]]:
    """Columns of big-endian doubles, as SQL sends them, in this machine's order."""
    columns = [array("d", column) for column in numbers]
    if sys.byteorder == "little":
        for column in columns:
            column.byteswap()
    return columns


def _coded(words: str) -> Coded:
    """How to read codes; kept, because most rows have texts that others had."""
    found = _codes.get(words)
    if found is None:
        if len(_codes) >= VERSIONS_TIMED_AT_MOST:
            _codes.clear()
        found = _codes[words] = Coded(words)
    return found


def _way_to_score(plpy: Plpy, fingerprint: str, engine: str, count: int, coded: Coded | None) -> ScoreColumns:
    if engine == "python":
        model = models.estimator(plpy, fingerprint)
        return lambda numbers, texts, count: _isolated(plpy, model, by_row(numbers, count), by_row(texts, count))
    if count >= ROWS_THAT_PAY or models.has_batches(fingerprint):
        try:
            return partial(models.in_batches(plpy, fingerprint).score_columns, coded)
        except models.LoadError:
            pass  # no numpy here
    try:
        function = compiled.of(plpy, fingerprint)
    except compiled.Refused as error:
        raise models.LoadError(str(error)) from error

    def each(numbers: Sequence[Numbers], texts: Sequence[Texts]) -> list[Any]:
        answers: list[Any] = []
        rows, words = iter(numbers), iter(texts)
        while len(answers) < len(numbers):
            try:
                answers.extend(map(function, rows, words))
            except compiled.Refused:  # what came before this row is there
                answers.append(math.nan)
        return answers

    if coded is None:
        return lambda numbers, texts, count: each(by_row(numbers, count), by_row(texts, count))
    first = -len(coded.numbers)
    return lambda numbers, texts, count: each(by_row(numbers[:first], count), coded.by_row(numbers[first:], texts))


def by_row(columns: Sequence[Sequence[Any]], count: int) -> Sequence[Sequence[Any]]:
    """Columns as rows."""
    return list(zip(*columns)) if columns else [()] * count


def _isolated(plpy: Plpy, model: models.Estimator, numbers: Sequence[Numbers], texts: Sequence[Texts]) -> list[float]:
    """Score rows together, or in halves down to the one that is refused."""
    try:
        return model.score_many(numbers, texts)
    except Refused:
        if len(numbers) == 1:
            return [math.nan]
    plpy.execute("select")
    half = len(numbers) // 2
    return _isolated(plpy, model, numbers[:half], texts[:half]) + _isolated(plpy, model, numbers[half:], texts[half:])


def forget_estimators() -> None:
    """Forget what versions of the engine ``python`` have been loaded, and every answer."""
    models.forget_estimators()
    _remembered.clear()


def rows_in_a_call(fingerprint: str, engine: str) -> int:
    """How many rows one call of a version takes."""
    return _rows_in_a_call.get((fingerprint, engine), ROWS_IN_THE_FIRST_CALL)


def learn(fingerprint: str, engine: str, seconds: float) -> None:
    """See from the seconds that a row has taken how many rows the next call may take."""
    if len(_rows_in_a_call) >= VERSIONS_TIMED_AT_MOST:
        _rows_in_a_call.clear()
    rows = int(SECONDS_IN_A_CALL / max(seconds, 1e-9))
    _rows_in_a_call[fingerprint, engine] = max(1, min(rows, ROWS_IN_A_CALL))


def _key(fingerprint: str, numbers: Numbers, texts: Texts) -> bytes:
    # repr tells -0.0 from 0.0 and None from "None", and is exact for every float.
    return hashlib.blake2b(repr((fingerprint, numbers, texts)).encode(), digest_size=16).digest()
