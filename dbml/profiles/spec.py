"""What the user declares: a profile with its predictions, events and counters (pure)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dbml.errors import SpecError, nearest
from dbml.profiles.aggregate import Aggregate, parse
from dbml.profiles.learn import Learn
from dbml.profiles.outcome import Outcome
from dbml.profiles.output import SCORE, Output, output
from dbml.profiles.publication import Publication

ON_ERROR = ("keep", "null", "raise")
LOG = ("all", "scores")
MODES = ("queued",)
EVENT_MODES = ("deferred",)
# Outputs that a threshold can be compared with.
NUMBERS = (SCORE, "probability", "value")


@dataclass(frozen=True)
class Counter:
    """An aggregate over an entity's events, such as ``count(*) filter (where severity >= 3)``.

    :param aggregate: ``count(*)``, ``count(x)``, ``count(distinct x)``, ``sum(x)``, ``avg(x)``, ``min(x)``,
        ``max(x)``, ``bool_or(x)``, ``bool_and(x)`` or ``last(x order by t)`` with an optional
        ``filter (where …)``; ``x`` and ``t`` are expressions over the event's columns.
    :param over: an interval such as ``30 days``: only events younger than that count.
    :param at: the event's moment, a ``timestamptz``; with ``over`` only.
    :raises SpecError: an aggregate that dbml cannot keep.
    """

    aggregate: str
    over: str | None = None
    at: str | None = None
    parts: Aggregate = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", parse(self.aggregate))
        if (self.over is None) != (self.at is None):
            raise SpecError(
                f'the counter "{self.aggregate}" has only one of "over" and "at"',
                f'Write {{ aggregate = "{self.aggregate}", over = "30 days", at = "created_at" }}.',
            )


@dataclass(frozen=True)
class Event:
    """A table whose rows move counters.

    :param table: name as SQL writes it, quoted where it must be.
    :param key: column or columns that point at the profile's key, in its order. ``order_id.customer_id`` leads there
        through other tables: by the foreign key that ``order_id`` belongs to, to a row whose ``customer_id`` points at
        the profile's key. Several columns are of the same last table.
    :param counters: profile column to :class:`Counter`, to its aggregate as text, or to its parameters.
    :param mode: ``deferred`` moves the counters when the transaction is committed, all rows in the order of their key;
        None moves them in each statement.
    :raises SpecError: another mode, or a key that leads to several tables.
    """

    table: str
    key: tuple[str, ...]
    counters: Mapping[str, Counter]
    mode: str | None

    def __init__(
        self,
        table: str,
        key: str | Iterable[str],
        counters: Mapping[str, Counter | str | Mapping[str, str]],
        mode: str | None = None,
    ) -> None:
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "key", _columns(key))
        object.__setattr__(self, "counters", {n: _counter(c) for n, c in counters.items()})
        object.__setattr__(self, "mode", mode)
        if mode is not None and mode not in EVENT_MODES:
            raise SpecError(
                f'event {table} has mode = "{mode}"',
                f"It is {', '.join(EVENT_MODES)}, or not given: then each statement moves the counters."
                + nearest(mode, EVENT_MODES),
            )
        self._check_key()

    def _check_key(self) -> None:
        said = ", ".join(self.key)
        if not all(all(column.split(".")) for column in self.key) or len({*_ways(self.key)}) > 1:
            raise SpecError(
                f'event {self.table} has the key "{said}", which does not lead to one table',
                'Write key = "order_id.customer_id", or ["order_id.tenant", "order_id.customer_id"] for several.',
            )

    @property
    def through(self) -> tuple[str, ...]:
        """For each table that the key leads through, a column of the foreign key that leads there."""
        return next(iter(_ways(self.key)))

    @property
    def last(self) -> tuple[str, ...]:
        """The columns that point at the profile's key: of the event's table, or of the last that its key leads to."""
        return tuple(column.rpartition(".")[2] for column in self.key)

    @property
    def deferred(self) -> bool:
        """Whether the transaction's end moves the counters."""
        return self.mode == "deferred"


@dataclass(frozen=True)
class Prediction:
    """A profile column that holds a model's score or another of its answers, and columns for further ones.

    :param output: what the column holds, and of which class or target: see :class:`~dbml.profiles.output.Output`.
    :param of: the class or the target.
    :param outputs: further column to its output, by name or as ``{"output": …, "of": …}``. All of them are computed at
        once. A second prediction of the same model means the same.
    :param on_error: what a row gets that the model cannot score: ``keep`` the old score, ``null``, or
        ``raise`` and fail the statement.
    :param features: feature to SQL expression over the profile's columns, where the feature is not the
        column of the same name.
    :param log: what of each prediction is logged: ``all`` (score and features), ``scores``, a share of the entities
        such as 0.1 (score and features of these); None logs nothing.
    :param mode: ``queued`` leaves the scoring to a worker; None scores in the statement itself.
    :param holdout: a share of the entities, such as 0.02, that are scored and logged while the column stays NULL:
        always the same ones, whatever else is tried. It needs a log.
    :param explain: a share of the logged predictions, such as 0.01, that a worker explains; None explains none. It
        needs a log with features.
    """

    model: str
    column: str
    version_column: str | None = None
    scored_at_column: str | None = None
    on_error: str = "keep"
    features: Mapping[str, str] = field(default_factory=dict)
    log: str | float | None = None
    output: str = SCORE
    of: str | None = None
    outputs: Mapping[str, Output | str | Mapping[str, str]] = field(default_factory=dict)
    holdout: float | None = None
    mode: str | None = None
    explain: float | None = None

    def __post_init__(self) -> None:
        outputs = {column: output(said) for column, said in self.outputs.items()}
        object.__setattr__(self, "outputs", outputs)
        Output(self.output, self.of)
        if self.on_error not in ON_ERROR:
            raise SpecError(
                f'prediction of "{self.model}" has on_error = "{self.on_error}"',
                f"It is one of {', '.join(ON_ERROR)}.{nearest(self.on_error, ON_ERROR)}",
            )
        if self.mode is not None and self.mode not in MODES:
            raise SpecError(
                f'prediction of "{self.model}" has mode = "{self.mode}"',
                f"It is {', '.join(MODES)}, or not given: then the statement itself scores.{nearest(self.mode, MODES)}",
            )
        share = isinstance(self.log, (int, float)) and not isinstance(self.log, bool) and 0.0001 <= self.log <= 1
        if self.log is not None and not share and self.log not in LOG:
            raise SpecError(
                f'prediction of "{self.model}" has log = {json.dumps(self.log)}',
                'It is "all", "scores", or a share of the entities from 0.0001 to 1, such as 0.1.',
            )
        if self.holdout is not None:
            if isinstance(self.holdout, bool) or not 0.0001 <= self.holdout <= 0.5:
                raise SpecError(
                    f'prediction of "{self.model}" has holdout = {json.dumps(self.holdout)}',
                    "It is a share of the entities from 0.0001 to 0.5, such as 0.02.",
                )
            if not self.plain:
                raise SpecError(
                    f'prediction of "{self.model}" has a holdout and holds more than the score',
                    "A holdout is for the score alone: leave output and outputs out.",
                )
            if self.log is None:
                raise SpecError(
                    f'prediction of "{self.model}" has a holdout and no log, so that the scores would be nowhere',
                    'Write log = "all" or log = "scores" beside it.',
                )

        if self.explain is not None:
            if isinstance(self.explain, bool) or not 0.0001 <= self.explain <= 1:
                raise SpecError(
                    f'prediction of "{self.model}" has explain = {json.dumps(self.explain)}',
                    "It is a share of the logged predictions from 0.0001 to 1, such as 0.01.",
                )
            if self.log in (None, "scores"):
                raise SpecError(
                    f'prediction of "{self.model}" is to be explained, and its features are not logged',
                    'Write log = "all", or a share such as log = 0.1, beside it.',
                )

    @property
    def columns(self) -> list[str]:
        """The profile columns that this prediction writes."""
        return [c for c in (self.column, self.version_column, self.scored_at_column, *self.outputs) if c]

    @property
    def answers(self) -> dict[str, Output]:
        """Column to what it holds, the prediction's own column first."""
        return {self.column: Output(self.output, self.of), **{c: output(said) for c, said in self.outputs.items()}}

    @property
    def plain(self) -> bool:
        """Whether the score is all that is asked for."""
        return self.output == SCORE and not self.outputs

    def with_also(self, other: Prediction) -> Prediction:
        """The same, with the columns of another prediction of the same model.

        :raises SpecError: the other says what is said once for a model.
        """
        if replace(other, column="", output=SCORE, of=None, outputs={}) != Prediction(self.model, ""):
            raise SpecError(
                f'the column "{other.column}" of "{self.model}" says more than which output it holds',
                f'Say it once, where the column "{self.column}" is named.',
            )
        return replace(self, outputs={**self.outputs, **other.answers})


@dataclass(frozen=True)
class Profile:
    """The table that carries features and predictions, one row per entity.

    :param table: name as SQL writes it, quoted where it must be.
    :param key: column or columns of a unique key.
    :param bucket_column: a column of whole numbers that decides which arm of a strategy a row belongs to, by arithmetic
        that is the same on every server; None: a hash of the key.
    :raises SpecError: no prediction and no event, or one column given two tasks.
    """

    table: str
    key: tuple[str, ...]
    predictions: tuple[Prediction, ...]
    events: tuple[Event, ...]
    outcomes: tuple[Outcome, ...]
    publications: tuple[Publication, ...]
    lessons: tuple[Learn, ...]
    bucket_column: str | None

    def __init__(
        self,
        table: str,
        key: str | Iterable[str],
        predictions: Iterable[Prediction] = (),
        events: Iterable[Event] = (),
        outcomes: Iterable[Outcome] = (),
        publications: Iterable[Publication] = (),
        lessons: Iterable[Learn] = (),
        bucket_column: str | None = None,
    ) -> None:
        object.__setattr__(self, "bucket_column", bucket_column)
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "key", _columns(key))
        object.__setattr__(self, "predictions", _by_model(predictions))
        object.__setattr__(self, "events", tuple(events))
        object.__setattr__(self, "outcomes", tuple(outcomes))
        object.__setattr__(self, "publications", tuple(publications))
        object.__setattr__(self, "lessons", tuple(lessons))
        if not self.predictions and not self.events:
            raise SpecError(f"the spec of {table} has neither a prediction nor an event", "Add [[prediction]].")
        for what, names in (
            (
                "column",
                [c for p in self.predictions for c in p.columns]
                + [c for e in self.events for c in e.counters]
                # An entity would change its arm with what is written there.
                + ([bucket_column] if bucket_column else []),
            ),
            ("model", [p.model for p in self.predictions]),
            ("event", [e.table for e in self.events]),
            ("outcome of", [o.model for o in self.outcomes]),
            ("publication of", [p.model for p in self.publications]),
            ("lessons of", [lesson.model for lesson in self.lessons]),
        ):
            twice = next((n for n in names if names.count(n) > 1), None)
            if twice:
                raise SpecError(f'the spec of {table} names the {what} "{twice}" twice', "Name it once.")
        for event in self.events:
            if len(event.key) != len(self.key):
                raise SpecError(
                    f"event {event.table} has a key of {len(event.key)} columns, {table} one of {len(self.key)}",
                    "Name the event's columns that point at the profile's key, in its order.",
                )

        for outcome in self.outcomes:
            models = [p.model for p in self.predictions]
            if outcome.model not in models:
                raise SpecError(
                    f'the spec of {table} has an outcome of "{outcome.model}", which it does not predict',
                    f"Name the model of one of its predictions.{nearest(outcome.model, models)}",
                )
            if len(outcome.key) != len(self.key):
                raise SpecError(
                    f'the outcome of "{outcome.model}" has a key of {len(outcome.key)} columns, '
                    f"{table} one of {len(self.key)}",
                    "Name the outcome's columns that point at the profile's key, in its order.",
                )
        for publication in self.publications:
            self._check_publication(publication)
        for lesson in self.lessons:
            models = [p.model for p in self.predictions]
            if lesson.model not in models:
                raise SpecError(
                    f'the spec of {table} has "{lesson.model}" learn, which it does not predict',
                    f"Name the model of one of its predictions.{nearest(lesson.model, models)}",
                )
            if len(lesson.key) != len(self.key):
                raise SpecError(
                    f'"{lesson.model}" learns from {lesson.table} by a key of {len(lesson.key)} columns, '
                    f"and {table} has one of {len(self.key)}",
                    "Name the table's columns that point at the profile's key, in its order.",
                )

    def _check_publication(self, publication: Publication) -> None:
        predictions = {p.model: p for p in self.predictions}
        prediction = predictions.get(publication.model)
        if prediction is None:
            raise SpecError(
                f'the spec of {self.table} publishes "{publication.model}", which it does not predict',
                f"Name the model of one of its predictions.{nearest(publication.model, predictions)}",
            )
        if prediction.version_column is None:
            raise SpecError(
                f'"{publication.model}" is published, and no column says which version scored a row',
                'Give the prediction a version_column = "…".',
            )
        if publication.threshold and prediction.output not in NUMBERS:
            raise SpecError(
                f'"{publication.model}" is published by a threshold, and its column holds a {prediction.output}',
                f"A threshold is for {', '.join(NUMBERS)}; publish by label or version.",
            )
        if publication.decile and prediction.output != SCORE:
            raise SpecError(
                f'"{publication.model}" is published by decile, and its column holds a {prediction.output}',
                "Deciles are those of the score; publish by threshold, label or version.",
            )

    def as_dict(self) -> dict[str, Any]:
        """The spec as JSON-ready data; what it does not ask for is not there."""
        data = dataclasses.asdict(self)
        for prediction in data["predictions"]:
            for key, usual in (
                ("log", None),
                ("holdout", None),
                ("mode", None),
                ("explain", None),
                ("output", SCORE),
                ("of", None),
                ("outputs", {}),
            ):
                if prediction[key] == usual:
                    del prediction[key]
            for column, held in prediction.get("outputs", {}).items():
                prediction["outputs"][column] = output(held).as_dict()
        if not self.outcomes:
            del data["outcomes"]
        if not self.publications:
            del data["publications"]
        if not self.lessons:
            del data["lessons"]
        if self.bucket_column is None:
            del data["bucket_column"]
        for event in data["events"]:
            if event["mode"] is None:
                del event["mode"]
            for counter in event["counters"].values():
                del counter["parts"]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Profile:
        """The spec that :meth:`as_dict` described."""
        return cls(
            data["table"],
            data["key"],
            [Prediction(**prediction) for prediction in data["predictions"]],
            [Event(**event) for event in data["events"]],
            [Outcome(**outcome) for outcome in data.get("outcomes", [])],
            [Publication(**publication) for publication in data.get("publications", [])],
            [Learn(**lesson) for lesson in data.get("lessons", [])],
            data.get("bucket_column"),
        )


def _columns(key: str | Iterable[str]) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else tuple(key)


def _ways(key: Iterable[str]) -> list[tuple[str, ...]]:
    return [tuple(column.split(".")[:-1]) for column in key]


def _by_model(predictions: Iterable[Prediction]) -> tuple[Prediction, ...]:
    """Predictions of one model that differ in their outputs are one with several columns."""
    found: dict[str, list[Prediction]] = {}
    for prediction in predictions:
        found.setdefault(prediction.model, []).append(prediction)
    joined = []
    for same in found.values():
        first = next((p for p in same if p.output == SCORE), same[0])
        others = [p for p in same if p is not first]
        for other in others:
            first = first.with_also(other) if other.output != SCORE else first
        joined += [first, *(p for p in others if p.output == SCORE)]
    return tuple(joined)


def _counter(counter: Counter | str | Mapping[str, str]) -> Counter:
    if isinstance(counter, Counter):
        return counter
    return Counter(counter) if isinstance(counter, str) else Counter(**counter)
