"""How an event and its profile row that arrive at the same moment do not miss each other (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from dbml.database import template, verbatim
from dbml.profiles.catalog import Attachment
from dbml.profiles.layout import listed

# Different types whose equal values hash alike.
_HASHED_ALIKE = ({"smallint", "integer", "bigint"}, {"text", "character varying"})


def claim(attachment: Attachment, touched: sql.Composed) -> sql.Composed:
    """What keeps new profile rows of the touched keys from being missed, where no foreign key does.

    :param touched: a query whose columns are ``k0``, ``k1`` …
    """
    keys = [f"k{index}" for index in range(len(attachment.profile.key))]
    return template(
        "profiles/count_claim",
        profile=attachment.table.identifier,
        matches=attachment.matches("p"),
        id=attachment.id,
        touched=touched,
        recorded=recorded(attachment),
        known=sql.SQL(" and ").join(verbatim(f"d.{key} is not null") for key in keys),
        entity=entity(attachment, keys, "d"),
    )


def entity(attachment: Attachment, columns: Sequence[str], alias: str) -> sql.Composed:
    """A number for a key, the same on both sides of every event; 0 where their types may hash apart."""
    for event, table in attachment.events:
        for mine, theirs in zip(attachment.profile.key, event.key, strict=True):
            both = (attachment.table.columns[mine], table.key_column(theirs))
            types = {column.kind for column in both}
            alike = len(types) == 1 and both[0].hashable
            if not alike and not any(types <= family for family in _HASHED_ALIKE):
                return verbatim("0::bigint").format()
    return sql.SQL("hash_record_extended(row({}), 0)").format(listed(columns, alias))


def recorded(attachment: Attachment) -> sql.Composed:
    """Whether dbml's own tables are filled: not yet while a dump's data is restored, which has these rows itself."""
    return sql.SQL("exists (select from dbml.profile r where r.id = {})").format(attachment.id)
