"""What the user declares: a profile with its predictions, events and counters, in TOML or in Python."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from dbml.errors import SpecError, nearest

AGGREGATES = ("count", "sum", "min", "max")
ON_ERROR = ("keep", "null", "raise")


@dataclass(frozen=True)
class Counter:
    """An aggregate over an entity's events, such as ``count(*) filter (where severity >= 3)``.

    :param aggregate: ``count(*)``, ``count(x)``, ``sum(x)``, ``min(x)`` or ``max(x)`` with an optional
        ``filter (where …)``; ``x`` is an expression over the event's columns.
    :raises SpecError: an aggregate that dbml cannot keep.
    """

    aggregate: str
    function: str = field(init=False)
    argument: str = field(init=False)
    condition: str | None = field(init=False)

    def __post_init__(self) -> None:
        function, argument, condition = _parse_aggregate(self.aggregate)
        object.__setattr__(self, "function", function)
        object.__setattr__(self, "argument", argument)
        object.__setattr__(self, "condition", condition)

    @property
    def sql(self) -> str:
        """The aggregate as SQL; a comment inside it ends with its line."""
        condition = f" filter (where {self.condition}\n)" if self.condition else ""
        return f"{self.function}({self.argument}\n){condition}"


@dataclass(frozen=True)
class Event:
    """A table whose rows move counters.

    :param table: name as SQL writes it, quoted where it must be.
    :param key: column or columns that point at the profile's key, in its order.
    :param counters: profile column to :class:`Counter`, or its aggregate as text.
    """

    table: str
    key: tuple[str, ...]
    counters: Mapping[str, Counter]

    def __init__(self, table: str, key: str | Iterable[str], counters: Mapping[str, Counter | str]) -> None:
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "key", _columns(key))
        object.__setattr__(
            self, "counters", {n: c if isinstance(c, Counter) else Counter(c) for n, c in counters.items()}
        )


@dataclass(frozen=True)
class Prediction:
    """A profile column that holds a model's score.

    :param on_error: what a row gets that the model cannot score: ``keep`` the old score, ``null``, or
        ``raise`` and fail the statement.
    :param features: feature to SQL expression over the profile's columns, where the feature is not the
        column of the same name.
    """

    model: str
    column: str
    version_column: str | None = None
    scored_at_column: str | None = None
    on_error: str = "keep"
    features: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.on_error not in ON_ERROR:
            raise SpecError(
                f'prediction of "{self.model}" has on_error = "{self.on_error}"',
                f"It is one of {', '.join(ON_ERROR)}.{nearest(self.on_error, ON_ERROR)}",
            )

    @property
    def columns(self) -> list[str]:
        """The profile columns that this prediction writes."""
        return [c for c in (self.column, self.version_column, self.scored_at_column) if c]


@dataclass(frozen=True)
class Profile:
    """The table that carries features and predictions, one row per entity.

    :param table: name as SQL writes it, quoted where it must be.
    :param key: column or columns of a unique key.
    :raises SpecError: no prediction and no event, or one column given two tasks.
    """

    table: str
    key: tuple[str, ...]
    predictions: tuple[Prediction, ...]
    events: tuple[Event, ...]

    def __init__(
        self,
        table: str,
        key: str | Iterable[str],
        predictions: Iterable[Prediction] = (),
        events: Iterable[Event] = (),
    ) -> None:
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "key", _columns(key))
        object.__setattr__(self, "predictions", tuple(predictions))
        object.__setattr__(self, "events", tuple(events))
        if not self.predictions and not self.events:
            raise SpecError(f"the spec of {table} has neither a prediction nor an event", "Add [[prediction]].")
        for what, names in (
            (
                "column",
                [c for p in self.predictions for c in p.columns] + [c for e in self.events for c in e.counters],
            ),
            ("model", [p.model for p in self.predictions]),
            ("event", [e.table for e in self.events]),
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

    def as_dict(self) -> dict[str, Any]:
        """The spec as JSON-ready data."""
        return dataclasses.asdict(self)


def read(path: Path | str) -> Profile:
    """Read a spec file.

    :raises SpecError: no such file, no TOML, an unknown or missing key.
    """
    path = Path(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(f"cannot read the spec {path}: {error.strerror}", "Give the path of a TOML file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path} is not TOML: {error}", "Compare with the example in the README.") from error
    _check(document, path, "the spec", required={"profile": dict}, optional={"prediction": list, "event": list})
    profile = document["profile"]
    _check(profile, path, "[profile]", required={"table": str, "key": (str, list)})
    predictions = []
    for entry in document.get("prediction", []):
        _check(
            entry,
            path,
            "[[prediction]]",
            required={"model": str, "column": str},
            optional={"version_column": str, "scored_at_column": str, "on_error": str, "features": dict},
        )
        predictions.append(Prediction(**entry))
    events = []
    for entry in document.get("event", []):
        _check(entry, path, "[[event]]", required={"table": str, "key": (str, list), "counters": dict})
        for name, counter in entry["counters"].items():
            if not isinstance(counter, str):
                raise SpecError(
                    f'{path}: counter "{name}" is not an aggregate in quotes',
                    f'Write it as {name} = "count(*)"; counters over a window of time are not kept yet.',
                )
        events.append(Event(**entry))
    return Profile(profile["table"], profile["key"], predictions, events)


def _check(
    entry: Any,
    path: Path,
    where: str,
    *,
    required: Mapping[str, Any],
    optional: Mapping[str, Any] | None = None,
) -> None:
    known = {**required, **(optional or {})}
    if not isinstance(entry, dict):
        raise SpecError(f"{path}: {where} is not a table", "Compare with the example in the README.")
    for key, value in entry.items():
        if key not in known:
            raise SpecError(
                f'{path}: {where} has an unknown key "{key}"',
                f"Known are {', '.join(known)}.{nearest(key, known)}",
            )
        if not isinstance(value, known[key]):
            raise SpecError(f'{path}: "{key}" in {where} has the wrong type', "Compare with the example in the README.")
    for key in required:
        if key not in entry:
            raise SpecError(f'{path}: {where} lacks the key "{key}"', f'Add {key} = "…".')


def _columns(key: str | Iterable[str]) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else tuple(key)


def _parse_aggregate(text: str) -> tuple[str, str, str | None]:
    """Split an aggregate into function, argument and condition, each a slice of what the user wrote."""

    def refuse() -> SpecError:
        return SpecError(
            f'dbml cannot keep the aggregate "{text}"',
            "It keeps count(*), count(x), sum(x), min(x) and max(x), each with an optional filter (where …).",
        )

    try:
        tokens = Postgres().tokenize(text)
    except SqlglotError as error:
        raise refuse() from error
    if any(token.token_type is TokenType.SEMICOLON for token in tokens) or len(tokens) < 4:
        raise refuse()
    function = tokens[0].text.lower()
    argument_end = _closing(tokens, 1)
    if function not in AGGREGATES or argument_end is None:
        raise refuse()
    argument = text[tokens[1].end + 1 : tokens[argument_end].start].strip()
    if not argument or (argument == "*" and function != "count") or tokens[2].text.lower() in ("distinct", "all"):
        raise refuse()
    if _top_level_comma(tokens[2:argument_end]):
        raise refuse()
    rest = tokens[argument_end + 1 :]
    if not rest:
        return function, argument, None
    words = [token.text.lower() for token in rest[:3]]
    if words != ["filter", "(", "where"] or _closing(rest, 1) != len(rest) - 1 or len(rest) < 5:
        raise refuse()
    return function, argument, text[rest[2].end + 1 : rest[-1].start].strip()


def _closing(tokens: list[Token], opening: int) -> int | None:
    """Index of the parenthesis that closes the one at ``opening``."""
    depth = 0
    for index in range(opening, len(tokens)):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(tokens[index].token_type, 0)
        if depth == 0:
            return index if index > opening else None
    return None


def _top_level_comma(tokens: list[Token]) -> bool:
    depth = 0
    for token in tokens:
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if depth == 0 and token.token_type is TokenType.COMMA:
            return True
    return False
