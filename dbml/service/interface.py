"""What a model takes, and the statements by which the database scores rows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from dbml.service.protocol import DATATYPES, ModelMetadata, TensorMetadata


@dataclass(frozen=True)
class Feature:
    """An input of a model; ``kind`` is text, boolean, integer or float."""

    name: str
    kind: str


@dataclass(frozen=True)
class Statement:
    """What scores the rows of a request.

    :param of_columns: it takes the features' columns as they are, and how many rows there are; else an array for each.
    """

    text: str
    of_columns: bool = False


@dataclass(frozen=True)
class Interface:
    """A version as a request names it, and the profile that it scores.

    :param label: ``churn``, ``churn@2`` or ``churn@candidate``.
    :param profile: the table, quoted; None where the model is attached to none.
    :param key: the profile's key, with the types ``key_types``.
    :param columns: the profile's columns, with the types ``column_types``.
    :param state: changes as soon as another version or another engine would answer.
    :param statements: form of a request → the statement made for it.
    """

    label: str
    name: str
    version: int
    engine: str
    estimator: str
    features: list[Feature]
    output: dict[str, Any]
    profile: str | None
    relation: int | None
    key: list[str]
    key_types: list[str]
    columns: list[str]
    column_types: list[int]
    state: str
    statements: dict[Any, Statement] = field(default_factory=dict, compare=False)

    def metadata(self, versions: Sequence[str]) -> ModelMetadata:
        """Describe it as the protocol does."""
        inputs = [TensorMetadata(one.name, DATATYPES.get(one.kind, "FP64"), [-1]) for one in self.features]
        parameters = {"profile": self.profile, "key": self.key} if self.profile else {}
        return ModelMetadata(
            self.name,
            list(versions),
            f"dbml_{self.engine}",
            inputs,
            [TensorMetadata("score", "FP64", [-1]), TensorMetadata("version", "INT64", [-1])],
            {"estimator": self.estimator, "output": self.output, **parameters},
        )


def of_row(label: str, row: Sequence[Any]) -> Interface:
    """Make it of what the query ``service_interface`` gives."""
    name, version, engine, estimator, features, output, profile, relation, *lists, state = row
    key, key_types, columns, column_types = (given or [] for given in lists)
    kinds = [Feature(feature["name"], feature["kind"]) for feature in features]
    return Interface(
        label,
        name,
        version,
        engine,
        estimator,
        kinds,
        output,
        profile,
        relation,
        key,
        key_types,
        columns,
        column_types,
        state,
    )


def source(interface: Interface, by_key: bool, names: Sequence[str]) -> tuple[list[str], list[str], str]:
    """What a form's rows are read from: columns, their types, and a query with an array as ``$n`` for each name."""
    types = dict(zip(interface.key, interface.key_types, strict=True))
    types |= {
        one.name: "text" if one.kind == "text" else "double precision" for one in interface.features if not by_key
    }
    arrays = ", ".join(f"${place}::{types[name]}[]" for place, name in enumerate(names, 1))
    if not by_key:
        return list(names), [types[name] for name in names], f"select * from unnest({arrays})"
    key = ", ".join("p." + _quoted(name) for name in interface.key)
    return (
        interface.columns,
        [str(oid) for oid in interface.column_types],
        f"select p.* from {interface.profile} p where ({key}) in (select * from unnest({arrays}))",
    )


def in_order(interface: Interface, by_key: bool, names: Sequence[str], statement: str) -> str:
    """Let a statement's answer have a row for each row of the request, in its order: version and score."""
    if not by_key:
        return f"select s.version, s.score from ({statement}\n) s(key, version, score, outputs)"
    arrays = ", ".join(f"${place}::{type_}[]" for place, type_ in enumerate(interface.key_types, 1))
    keys = [f"k{place}" for place in range(1, len(names) + 1)]
    same = ", ".join(f"r.{key}::text" for key in keys)
    return (
        f"select s.version, s.score from unnest({arrays}) with ordinality r({', '.join(keys)}, n)"
        f" left join ({statement}\n) s(key, version, score, outputs) on s.key = array[{same}] order by r.n"
    )


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string(None)
