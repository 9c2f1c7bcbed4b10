"""The tables of a spec as the catalog knows them, and how SQL names their columns (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from dbml.database import relation, verbatim
from dbml.spec import Event, Profile


@dataclass(frozen=True)
class Table:
    """A table as the catalog knows it."""

    oid: int
    schema: str
    name: str
    partitioned: bool
    columns: dict[str, dict[str, Any]]
    unique_keys: list[list[str]]
    indexed: list[list[str]]
    references: list[dict[str, Any]]

    @property
    def identifier(self) -> sql.Identifier:
        """The qualified, quoted name."""
        return relation([self.schema, self.name])

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    def follows(self, key: Sequence[str], other: Table, other_key: Sequence[str]) -> bool:
        """Whether an enforced foreign key keeps ``key`` within another table's ``other_key``."""
        wanted = sorted(zip(key, other_key, strict=True))
        return any(
            reference["to"] == other.oid and sorted(map(tuple, reference["columns"])) == wanted
            for reference in self.references
        )


@dataclass(frozen=True)
class Attachment:
    """A spec with the tables it names; ``id`` numbers the profile and its generated functions."""

    id: int
    profile: Profile
    table: Table
    events: Sequence[tuple[Event, Table]]
    deployed: frozenset[str] = frozenset()

    def function(self, what: str) -> str:
        """Name of one of this profile's generated functions."""
        return f"profile_{self.id}_{what}"

    def same(self, one: str, other: str) -> sql.Composed:
        """A condition: two aliases of the profile's columns bear the same key."""
        return sql.SQL(" and ").join(
            sql.SQL("{} = {}").format(sql.Identifier(one, key), sql.Identifier(other, key)) for key in self.profile.key
        )

    def matches(self, alias: str, facts: str = "d") -> sql.Composed:
        """A condition: the profile's row is the one whose key stands in ``k0``, ``k1`` …"""
        return sql.SQL(" and ").join(
            sql.SQL("{} = {}").format(sql.Identifier(alias, key), sql.Identifier(facts, f"k{index}"))
            for index, key in enumerate(self.profile.key)
        )


def listed(columns: Iterable[str], alias: str | None = None) -> sql.Composed:
    """Columns with commas between them."""
    return sql.SQL(", ").join(sql.Identifier(*([alias] if alias else []), c) for c in columns)


def literal(body: sql.Composed) -> sql.Literal:
    """A function's body; a literal, because a dollar quote could be closed by what the user's expressions hold."""
    return sql.Literal("\n" + body.as_string(None))


def owned(function: str, arguments: sql.Composable | None = None) -> sql.Composed:
    """Statements that give a generated function to ``dbml_owner`` and close it to everybody else."""
    # Rights before ownership: PUBLIC must never be able to call what runs as dbml_owner.
    name = sql.SQL("dbml_scorer.{}({})").format(sql.Identifier(function), arguments or verbatim(""))
    return sql.SQL("revoke all on function {f} from public;\nalter function {f} owner to dbml_owner").format(f=name)
