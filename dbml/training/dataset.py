"""What a version saw, beside what came true: the rows that the next one is fitted on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from dbml import database, errors
from dbml.database import Connection
from dbml.models import versions
from dbml.schema.install import require
from dbml.training import binary, past
from dbml.training.past import History

# They stand before the features, whose names no feature can have by accident.
COLUMNS = ("_at", "_entity", "_version", "_arm", "_score", "_label")
# Rows that libpq hands over at once, where it can.
_CHUNK = 5000 if psycopg.capabilities.has_stream_chunked() else 1


@dataclass(frozen=True)
class Dataset:
    """Labelled predictions of one model.

    :param features: of the interface, in order.
    :param rows: :data:`COLUMNS` and the features; in order of time and entity. ``_label`` is 1 or 0 for classes.
    :param as_of: outcomes were known up to then.
    :param horizon: how long outcomes take.
    """

    features: Sequence[Mapping[str, Any]]
    rows: pd.DataFrame
    as_of: datetime
    horizon: timedelta

    @property
    def inputs(self) -> pd.DataFrame:
        """The features alone."""
        return self.rows[[feature["name"] for feature in self.features]]

    @property
    def sha256(self) -> str:
        """Of all values, in hex: the same rows have the same, whenever they are read."""
        hashes = pd.util.hash_pandas_object(self.rows, index=False).to_numpy()
        return hashlib.sha256(np.ascontiguousarray(hashes).tobytes()).hexdigest()


def dataset(
    connection: Connection,
    name: str,
    *,
    version: int | None = None,
    as_of: datetime | str | None = None,
    since: int | None = None,
    old: float = 0.0,
    history: History | None = None,
) -> Dataset:
    """Read every logged prediction whose outcome is known, with its features as they were when it was scored.

    Where the log does not reach, exposures come of the history of the events, if one is given.

    :param version: whose features to read; the newest unless said.
    :param as_of: what was known then; None: now.
    :param since: only what has become known since this version was trained.
    :param old: with ``since``, the share of what was known before that is mixed in, drawn at random: the same rows
        from the same log.
    :param history: by what features are counted again up to the first that is logged; there ``_version`` is 0,
        ``_arm`` is ``history`` and ``_score`` is missing.
    :raises UnknownModel: there is no such model or version.
    :raises ProfileError: nothing says what its outcomes are, or the history does not tell what a feature was.
    :raises TrainingError: nothing is known yet, the log has no features, or ``since`` was not trained by dbml.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        version, features, moment = _asked(raw, name, version, as_of)
        after = _after(raw, name, since)
        first = "-infinity" if old else after
        rows = _read(raw, features, *_logged(raw, name, version, moment["as_of"], first))
        if history is not None:
            until = moment["as_of"] - moment["horizon"]
            query = past.exposures(raw, name, features, history, first, until)
            counted = _read(raw, features, *_counted(raw, name, features, query, moment["as_of"]))
            rows = pd.concat([part for part in (counted, rows) if len(part)] or [rows], ignore_index=True)
        if since is not None and old:
            drawn = np.random.default_rng(0).random(len(rows)) < old
            rows = rows[drawn | (rows["_at"] > pd.Timestamp(after)).to_numpy()].reset_index(drop=True)
        if rows.empty:
            raise _nothing(raw, name, since, history)
        return Dataset(features, rows, moment["as_of"], moment["horizon"])


def _asked(
    raw: psycopg.Connection[Any], name: str, version: int | None, as_of: datetime | str | None
) -> tuple[int, list[dict[str, Any]], dict[str, Any]]:
    """The version, the newest where none is named; its features; and the moment and the horizon that are meant."""
    versions.require_model(raw, name)
    version = version or max(one.version for one in versions.versions(raw, name))
    moment = database.named(raw, "training_moment", name=name, as_of=as_of)[0]
    return version, versions.show(raw, name, version).features, moment


def history_query(
    connection: Connection,
    name: str,
    history: History,
    *,
    version: int | None = None,
    as_of: datetime | str | None = None,
) -> str:
    """Return as SQL what a history tells: a query for whoever wants these rows in the database itself.

    Its columns are :data:`COLUMNS` and the features; ``_entity`` is an array of texts.

    :raises: as :func:`dataset`.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        version, features, moment = _asked(raw, name, version, as_of)
        query = past.exposures(raw, name, features, history, "-infinity", moment["as_of"] - moment["horizon"])
        exposed, _ = _counted(raw, name, features, query, moment["as_of"])
        return database.template(
            "training/history",
            columns=_listed(
                sql.SQL("q.{} as {}").format(sql.Identifier(f"f{i}"), sql.Identifier(feature["name"]))
                for i, feature in enumerate(features)
            ),
            exposed=database.verbatim(exposed),
        ).as_string(raw)


def _nothing(raw: Any, name: str, since: int | None, history: History | None) -> errors.TrainingError:
    newer = f" since {name}@{since} was trained" if since else ""
    if history is not None:
        return errors.TrainingError(
            f"no moment of the history of {name} has a known outcome{newer}",
            f"It must be older than the horizon of its outcome, as all in: select * from dbml.outcomes('{name}')",
        )
    logged = database.value(raw, "log_of_scores", name=name)
    return errors.TrainingError(
        f"no prediction of {name} has features in the log and a known outcome{newer}",
        ('Log the features: log = "all" in the spec; and wait for outcomes.' if logged else
         'Log the predictions: log = "all" in the spec of the profile.')
        + " Or count features of the past again: --history TABLE=MOMENT.",
    )  # fmt: skip


def _after(raw: Any, name: str, since: int | None) -> str:
    if since is None:
        return "-infinity"
    for training in database.named(raw, "trainings", name=name):
        if training["version"] == since:
            # What was older than the horizon then was known, or counted as not having come true.
            return str((training["as_of"] - training["horizon"]).isoformat())
    raise errors.TrainingError(
        f"nothing says of what {name}@{since} was made", "Name a version that dbml train or dbml retrain has made."
    )


def _logged(raw: Any, name: str, version: int, as_of: datetime, after: str) -> tuple[str, str]:
    """A query for what is logged, and the features as expressions over its rows."""
    features = database.value(raw, "logged_features", name=name, version=version)
    return database.value(raw, "exposed", name=name, as_of=as_of, after=after), features


def _counted(
    raw: Any, name: str, features: Sequence[Mapping[str, Any]], query: sql.Composed, as_of: datetime
) -> tuple[str, str]:
    """The same for exposures that another query yields."""
    exposed = database.value(raw, "labelled", name=name, exposures=query.as_string(raw), as_of=as_of)
    return exposed, ", ".join(f"q.f{i}" for i in range(len(features)))


def _read(raw: Any, features: Sequence[Mapping[str, Any]], exposed: str, expressions: str) -> pd.DataFrame:
    names = [feature["name"] for feature in features]
    places = {kind: [i for i, f in enumerate(features) if (f["kind"] == "text") is kind] for kind in (False, True)}
    query = database.template(
        "training/exposures",
        columns=_listed(sql.Identifier(f"f{i}") for i in range(len(features))),
        expressions=database.verbatim(expressions),
        numbers=_listed(sql.SQL("coalesce(d.{}, 'NaN')").format(sql.Identifier(f"f{i}")) for i in places[False]),
        texts=_listed(sql.SQL("d.{}").format(sql.Identifier(f"f{i}")) for i in places[True]),
        exposed=database.verbatim(exposed),
    )
    # The outcome's expressions mean what they mean to the functions that judge predictions.
    with (
        raw.transaction(),  # the settings are local to it
        database.pinned(raw),
        raw.cursor(row_factory=tuple_row) as cursor,
    ):
        rows = cursor.stream(query, binary=True, size=_CHUNK)
        found = list(binary.tables(rows, 3 + len(places[False])))
    at = np.concatenate([np.empty(0, dtype="M8[us]"), *(table.at for table in found)])
    numbers = np.concatenate([np.empty((3 + len(places[False]), 0)), *(table.numbers for table in found)], axis=1)
    texts = [
        pd.Series([text for table in found for text in table.texts[i]], dtype=object)
        for i in range(2 + len(places[True]))
    ]
    columns: dict[str, Any] = {
        "_at": pd.Series(at).dt.tz_localize("UTC"),
        "_entity": texts[0],
        "_version": pd.Series(numbers[0].astype(np.int64)),
        "_arm": texts[1],
        "_score": pd.Series(numbers[1]),
        "_label": pd.Series(numbers[2]),
    }
    values = {place: pd.Series(numbers[i]) for i, place in enumerate(places[False], 3)}
    values |= {place: texts[i] for i, place in enumerate(places[True], 2)}
    columns |= {names[i]: typed(values[i], feature) for i, feature in enumerate(features)}
    return pd.DataFrame(columns, copy=False)


def _listed(parts: Iterable[sql.Composable]) -> sql.Composable:
    """Each behind a comma, to stand after others."""
    return sql.Composed([sql.SQL(", ") + part for part in parts])


def typed(column: pd.Series[Any], feature: Mapping[str, Any]) -> pd.Series[Any]:
    """A column as it was when the model was fitted, as far as what is missing lets it."""
    if feature["dtype"] == "category":
        ordered = feature.get("ordered", False)
        return pd.Series(pd.Categorical(column, categories=feature["categories"], ordered=ordered))
    if feature["kind"] == "text":
        return column.where(column.notna(), None if feature.get("missing") == "none" else np.nan)
    if feature["kind"] == "float":
        return column.astype("float32" if feature["dtype"] == "float32" else "float64")
    if column.isna().any():
        return column
    return column.astype("int64" if feature["kind"] == "integer" else "bool")


def write(found: Dataset, file: Path) -> None:
    """Write a training set to a file, whole or not at all.

    :param file: its suffix, ``.parquet`` or ``.csv``, says the format.
    :raises ExportError: another suffix, or Parquet without pyarrow.
    """
    if file.suffix not in (".parquet", ".csv"):
        raise errors.ExportError(f"{file} is neither .csv nor .parquet", "Name the file data.parquet or data.csv.")
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        if file.suffix == ".csv":
            found.rows.to_csv(unfinished, index=False)
        else:
            found.rows.to_parquet(unfinished, index=False)
        unfinished.replace(file)
    except ImportError:
        raise errors.ExportError(
            "a Parquet file needs pyarrow, which is not installed here", "pip install 'dbml[parquet]', or write a .csv"
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)
