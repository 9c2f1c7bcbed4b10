"""The triggers by which a model hears of its labels (pure); ``dbml._bind`` makes their functions."""

from __future__ import annotations

from dbml.database import template, verbatim
from dbml.profiles.catalog import Attachment
from dbml.profiles.generated import Trigger
from dbml.profiles.learn import Learn
from dbml.profiles.tables import Table


def triggers(attachment: Attachment) -> list[Trigger]:
    """A trigger on each table of labels."""
    return [trigger(attachment, position, lesson, table) for position, lesson, table in attachment.heard]


def trigger(attachment: Attachment, position: int, lesson: Learn, table: Table) -> Trigger:
    """Its name sorts before those of counters: the features are as they were before this row counted.

    Labels come alone for the most part, and a trigger for each row costs two thirds of one for the statement; labels
    that move coefficients share one UPDATE of these.
    """
    by_row = lesson.how == "batched"
    name = f"dbml_a_learn_{attachment.id}_{position}"
    return Trigger(
        name,
        table,
        template(
            "profiles/trigger",
            trigger=name,
            when=verbatim("after insert"),
            table=table.identifier,
            referencing=verbatim("" if by_row else "referencing new table as inserted"),
            level=verbatim("row" if by_row else "statement"),
            function=attachment.function(f"learn_{position}"),
        ),
        f"Tells a model of {attachment.table} what came true.",
    )
