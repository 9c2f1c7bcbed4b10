"""The triggers by which a model hears of its labels (pure); ``dbml._bind`` makes their functions."""

from __future__ import annotations

from dbml.database import template, verbatim
from dbml.profiles.catalog import Attachment, Table
from dbml.profiles.generated import Trigger


def triggers(attachment: Attachment) -> list[Trigger]:
    """A trigger on each table of labels."""
    return [trigger(attachment, position, table) for position, _, table in attachment.heard]


def trigger(attachment: Attachment, position: int, table: Table) -> Trigger:
    """Its name sorts before those of counters: the features are as they were before this row counted."""
    name = f"dbml_a_learn_{attachment.id}_{position}"
    return Trigger(
        name,
        table,
        template(
            "profiles/trigger",
            trigger=name,
            when=verbatim("after insert"),
            table=table.identifier,
            referencing=verbatim("referencing new table as inserted"),
            level=verbatim("statement"),
            function=attachment.function(f"learn_{position}"),
        ),
        f"Tells a model of {attachment.table} what came true.",
    )
