"""The trigger by which a profile publishes what changes in its scores (pure)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from psycopg import sql

from dbml.database import Name, template, verbatim
from dbml.profiles import generated
from dbml.profiles.catalog import Attachment
from dbml.profiles.generated import Function, Trigger
from dbml.profiles.layout import NOTHING, any_of
from dbml.profiles.output import SCORE
from dbml.profiles.publication import NOTIFY, OUTBOX, WAL, Publication
from dbml.profiles.spec import Prediction

# Row (new or old), column and type → SQL for its value.
Value: TypeAlias = Callable[[str, str, str], sql.Composable]
# A probability's label changes where the score passes this.
EVEN = 0.5
# Where events go → the function that writes one.
WRITERS = {OUTBOX: "_publish", WAL: "_emit", NOTIFY: "_notify"}


def trigger(attachment: Attachment) -> Trigger:
    """The trigger that runs once a row has its final form; there is none where nothing is published."""
    return Trigger(
        "dbml_publish",
        attachment.table,
        template(
            "profiles/trigger",
            trigger="dbml_publish",
            when=verbatim("after insert or update"),
            table=attachment.table.identifier,
            referencing=NOTHING,
            level=verbatim("row"),
            function=attachment.function("publish"),
        ),
        "Publishes what changes in the scores.",
    )


def function(attachment: Attachment) -> Function:
    """The function of :func:`trigger`; its body has the conditions, which in a WHEN would pin the columns' types."""
    return generated.function(
        attachment.function("publish"),
        sql.SQL(""),
        f"Publishes what changes in the scores of {attachment.table}.",
        template(
            "profiles/publish",
            publications=_publications(attachment, _typed),
            publications_by_name=_publications(attachment, _by_name),
        ),
        returns="trigger",
    )


def _typed(row: str, column: str, type_: str) -> sql.Composable:
    return sql.SQL("pg_catalog.to_jsonb({})").format(Name(row, column)) if type_ == "jsonb" else Name(row, column)


def _by_name(row: str, column: str, type_: str) -> sql.Composable:
    """A value as it can be read whatever has become of its column since the session began; NULL where it is gone."""
    arrow = "->" if type_ == "jsonb" else "->>"
    return verbatim(f"(pg_catalog.to_jsonb({{}}) {arrow} {{}})::{type_}").format(Name(row), sql.Literal(column))


def _part(attachment: Attachment, name: str, value: Value) -> sql.Composable:
    """A column of the key: as a text, whose type nobody can change, but where settings decide how it is written."""
    column = attachment.table.columns[name]
    return value("new", name, column.type if column.styled else "text")


def _publications(attachment: Attachment, value: Value) -> sql.Composed:
    predictions = {prediction.model: prediction for prediction in attachment.profile.predictions}
    return sql.SQL("\n").join(
        _publication(attachment, one, predictions[one.model], value) for one in attachment.profile.publications
    )


def _publication(
    attachment: Attachment, publication: Publication, prediction: Prediction, value: Value
) -> sql.Composed:
    changes = [(f"threshold {limit:g}", _passed(prediction.column, limit, value)) for limit in publication.threshold]
    deciles = _deciles(prediction, value)
    if publication.decile:
        changes.append(("decile", _in_another_tenth(prediction, value, deciles)))
    if publication.label:
        changes.append(("label", _relabelled(prediction, value)))
    if publication.version:
        changes.append(("version", _other("<>", str(prediction.version_column), "bigint", value)))
    old_version, new_version = (value(row, str(prediction.version_column), "bigint") for row in ("old", "new"))
    return template(
        "profiles/publish_model",
        write=Name("dbml", WRITERS[publication.to]),
        deciles=sql.SQL("array[{}, {}]").format(*deciles) if publication.decile else sql.SQL("null"),
        changed=any_of([condition for _, condition in changes]),
        because=sql.SQL(",\n").join(
            sql.SQL("case when {} then {} end").format(condition, said) for said, condition in changes
        ),
        model=sql.Literal(publication.model),
        id=attachment.id,
        topic=sql.Literal(publication.topic),
        key=attachment.written([_part(attachment, name, value) for name in attachment.profile.key]),
        old=value("old", prediction.column, "jsonb"),
        new=value("new", prediction.column, "jsonb"),
        old_version=old_version,
        new_version=new_version,
    )


def _passed(column: str, limit: float, value: Value) -> sql.Composed:
    """Whether the score is on another side of a limit than before; who had none was below it."""
    new, old = (
        sql.SQL("coalesce({} > {}, false)").format(value(row, column, "float8"), sql.Literal(limit))
        for row in ("new", "old")
    )
    return sql.SQL("{} <> {}").format(new, old)


def _deciles(prediction: Prediction, value: Value) -> tuple[sql.Composed, sql.Composed]:
    """The tenths that the old and the new score are in, each by the version that gave it."""
    old, new = (
        sql.SQL("dbml._decile({}, {}, {})").format(
            sql.Literal(prediction.model),
            value(row, str(prediction.version_column), "bigint"),
            value(row, prediction.column, "float8"),
        )
        for row in ("old", "new")
    )
    return old, new


def _in_another_tenth(prediction: Prediction, value: Value, deciles: tuple[sql.Composed, sql.Composed]) -> sql.Composed:
    """Whether both scores have a tenth, and not the same. Most updates leave the score, and then nothing is read."""
    changed = _other("is distinct from", prediction.column, "float8", value)
    return sql.SQL("{} and {} <> {}").format(changed, *deciles)


def _relabelled(prediction: Prediction, value: Value) -> sql.Composed:
    labels = [column for column, held in prediction.answers.items() if held.output in ("label", "decision")]
    if not labels and prediction.output == SCORE:
        return _passed(prediction.column, EVEN, value)
    return _other("is distinct from", labels[0] if labels else prediction.column, "text", value)


def _other(differs: str, column: str, type_: str, value: Value) -> sql.Composed:
    return sql.SQL("{} {} {}").format(value("new", column, type_), verbatim(differs), value("old", column, type_))
