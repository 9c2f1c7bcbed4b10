"""Functions and triggers as they are generated for a profile, with their statements (pure)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from psycopg import sql

from dbml.database import Name, template, verbatim
from dbml.profiles.tables import Table
from dbml.script import quoted


@dataclass(frozen=True)
class Function:
    """A function that dbml generates in the schema ``dbml_scorer``.

    :param identity: its name with the types of its arguments.
    :param definition: the statement that makes it.
    :param says: what it is for, which becomes its comment.
    :param text: the definition as it would read for a profile numbered 0: what an upgrade compares. So a script that
        does not know the number yet writes down the same as the server's own.
    """

    identity: sql.Composed
    definition: sql.Composed
    says: str
    text: str = ""

    @property
    def digest(self) -> str:
        """Hash of :attr:`text`."""
        return hashlib.md5(self.text.encode(), usedforsecurity=False).hexdigest()

    @property
    def statements(self) -> list[sql.Composed]:
        """Make the function, give it to ``dbml_owner``, close it to everybody else, and seal it."""
        return [self.definition, self._called("dbml._seal({}, {}, {})", self.digest, self.says)]

    def regenerated(self, *, anew: bool = False) -> sql.Composed:
        """A query that makes the function where it is not as it should be, or anew, and tells whether it did."""
        definition = self.definition.as_string(None)
        return self._called(
            f"dbml._generate({{}}, {{}}, {{}}, {{}}, false, {str(anew).lower()}) as changed",
            definition,
            self.digest,
            self.says,
        )

    def _called(self, call: str, *arguments: str) -> sql.Composed:
        return verbatim(f"select {call}").format(self.identity.as_string(None), *arguments)


@dataclass(frozen=True)
class Trigger:
    """A trigger that dbml makes on one of a profile's tables."""

    name: str
    table: Table
    definition: sql.Composed
    says: str

    @property
    def statements(self) -> list[sql.Composed]:
        """Make the trigger."""
        comment = sql.SQL("comment on trigger {} on {} is {}").format(Name(self.name), self.table.identifier, self.says)
        return [self.definition, comment]

    def reads(self, found: str) -> bool:
        """Whether the server says the same of it, as ``pg_get_triggerdef`` writes it.

        That is all there is of a trigger, so that it needs no seal; and to replace one takes a lock on its table.
        """
        return _words(found) == _words(self.definition.as_string(None).replace("create or replace", "create", 1))


def _words(definition: str) -> list[str]:
    return definition.replace('"', "").lower().split()


def function(
    name: str,
    arguments: sql.Composable,
    says: str,
    body: sql.Composed,
    *,
    parameters: sql.Composable | None = None,
    returns: str | sql.Composable = "",
    kind: str = "function",
) -> Function:
    """A function in ``dbml_scorer``.

    :param arguments: the types of its parameters.
    :param kind: the template of its definition.
    """
    definition = template(
        f"profiles/{kind}",
        function=name,
        parameters=parameters or sql.SQL(""),
        returns=returns if isinstance(returns, sql.Composable) else sql.SQL(returns),
        body=verbatim(quoted(f"\n{body.as_string(None)}\n")),
    )
    return Function(sql.SQL("dbml_scorer.{}({})").format(Name(name), arguments), definition, says)


def as_owner(statement: sql.Composed, verb: str = "select") -> sql.Composed:
    """A statement that runs another one as ``dbml_owner``: with it run the triggers that others have on the table.

    :param verb: ``perform`` inside PL/pgSQL.
    """
    return sql.SQL("{} dbml._as_owner({})").format(verbatim(verb), _literal(statement))


def rows_as_owner(query: sql.Composed, columns: str) -> sql.Composed:
    """Rows for a FROM, which ``dbml_owner`` reads: so what the expressions of a spec call does not run as who asks.

    :param columns: an alias with names and types, such as ``q(entity text[])``.
    """
    return sql.SQL("dbml._read_as_owner({}) as {}").format(_literal(query), verbatim(columns))


def _literal(statement: sql.Composed) -> sql.SQL:
    return verbatim(quoted(f"\n{statement.as_string(None)}\n"))
