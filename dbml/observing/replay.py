"""What another version would have said of what was logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.database import Connection, Record
from dbml.models import versions
from dbml.observing import history as past
from dbml.schema.install import require


@dataclass(frozen=True)
class Replay(Record):
    """How a version's scores differ from those that were logged, over the same features.

    :param n: predictions that it scores.
    :param refused: predictions that it cannot score.
    :param moved: of ``n``, those whose score would have been another (by more than 1e-9).
    :param mean_logged: mean of the logged scores.
    :param mean: mean of this version's scores.
    :param mean_difference: this version's less the logged.
    :param largest_difference: the largest, without its sign.
    :param flips: predictions that would have been on the other side of ``threshold``.
    :param against: of a history, the version whose scores of the same features stand in the place of logged ones.
    """

    model: str
    version: int
    n: int
    refused: int
    moved: int
    mean_logged: float | None
    mean: float | None
    mean_difference: float | None
    largest_difference: float | None
    threshold: float
    flips: int
    against: int | None = None


def replay(
    connection: Connection,
    name: str,
    version: int,
    *,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    threshold: float = 0.5,
    history: Mapping[str, str] | None = None,
) -> Replay:
    """Score what each logged prediction saw by another version, inside the server and in batches.

    What shadows answered is left out. With a ``history`` the predictions are those that the version which serves now
    would have made at each event: there the counters are counted again as of the event's moment, and all else of the
    profile's row is as it is now.

    :param start: of the time of the predictions; None: as far as the log, or the history, reaches.
    :param end: before this time; None: up to now, and of a history up to what is logged with features.
    :param threshold: flips are counted at this score.
    :param history: for event tables, an SQL expression over their columns that says when an event happened; tables
        whose counters have a moment need none.
    :raises UnknownModel: there is no such version.
    :raises ProfileError: the log has no features there, or lacks one that the version needs; or the history does.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        features = versions.show(raw, name, version).features
        if history is not None:
            return _of_history(raw, name, version, start, end, threshold, history)
        span = {"name": name, "start": start, "end": end}
        _check(raw, name, version, [f["name"] for f in features], span)
        columns = [
            sql.SQL("(l.features ->> {})::{} as {}").format(
                f["name"], sql.SQL("text" if f["kind"] == "text" else "float8"), sql.Identifier(f["name"])
            )
            for f in features
        ]
        # A column called key comes back with each score: here it is the score that was logged, whose text is exact.
        rows = sql.SQL(
            "select l.score as key, {} from (select p.score, p.features from dbml.prediction_log p"
            " where p.model = {} and p.arm not like 'shadow%' and p.score is not null"
            " and p.at >= coalesce({}::timestamptz, '-infinity') and p.at < coalesce({}::timestamptz, 'infinity')"
            " offset 0) l where l.features is not null"
        ).format(sql.SQL(", ").join(columns), name, *(None if t is None else str(t) for t in (start, end)))
        return database.rows(
            raw,
            Replay,
            "replay",
            name=name,
            version=version,
            scorer=f"{name}@{version}",
            rows=rows.as_string(raw),
            threshold=threshold,
        )[0]


def _of_history(
    raw: psycopg.Connection[Any],
    name: str,
    version: int,
    start: datetime | str | None,
    end: datetime | str | None,
    threshold: float,
    moments: Mapping[str, str],
) -> Replay:
    attachment = past.attachment_of(raw, name)
    serving = database.value(raw, "serving_version", name=name)
    if serving is None:
        raise errors.ProfileError(f"no version of {name} serves, and a history is compared with one", "dbml deploy")
    needed = {f["name"]: None for v in (version, serving) for f in versions.show(raw, name, v).features}
    if end is None:
        end = database.value(raw, "logged_since", name=name)
    known = past.moments_of(raw, attachment, moments)
    for event, table in attachment.events:
        if table.legs:
            raise errors.ProfileError(
                f"events of {table} reach {attachment.table} by {', '.join(event.key)}: no replay can tell them apart",
                f"Let it answer as a shadow: dbml deploy {name}@{version} --strategy shadow",
            )
    with database.pinned(raw):
        rows = sql.SQL("select q.{} as key, {} from ({}) as q").format(
            sql.Identifier(past.EVENT),
            sql.SQL(", ").join(
                sql.SQL("{} as {}").format(past.feature(attachment, name, feature), sql.Identifier(feature))
                for feature in needed
            ),
            past.state(attachment, known, past.events(attachment, known, start, end)),
        )
        found = database.rows(
            raw,
            Replay,
            "replay_history",
            name=name,
            version=version,
            against=serving,
            rows=rows.as_string(raw),
            threshold=threshold,
        )[0]
    if not found.n + found.refused:
        raise errors.ProfileError(
            f"{attachment.table} has no events in that time that are not logged", "Give another: --from T --to T"
        )
    return found


def _check(
    raw: psycopg.Connection[Any], name: str, version: int, needed: list[str], span: Mapping[str, object]
) -> None:
    key = database.value(raw, "key_of_rows", name=name, columns=[*needed, "key"])
    if key != ["key"] or "key" in needed:
        raise errors.ProfileError(
            f"{name}@{version} has the key of its profile, {', '.join(key)}, among its features: no replay",
            f"Let it answer as a shadow: dbml deploy {name}@{version} --strategy shadow",
        )
    logged = database.named(raw, "logged_versions", **span)
    if not logged:
        raise errors.ProfileError(
            f"no prediction of {name} is logged there, so there is nothing to replay",
            'Write log = "all" under its [[prediction]], or give another time: dbml replay NAME@V --from T --to T',
        )
    for answered in logged:
        if not answered["features"]:
            raise errors.ProfileError(
                f"the log has the scores of {name}@{answered['version']} without what it saw, "
                "and counters tell how they are, not how they were",
                'Write log = "all" under its [[prediction]]: what is logged from then on can be replayed.',
            )
        saw = {f["name"] for f in versions.show(raw, name, answered["version"]).features}
        if lacking := [feature for feature in needed if feature not in saw]:
            raise errors.ProfileError(
                f'{name}@{version} needs the feature "{lacking[0]}", which {name}@{answered["version"]} did not see, '
                "so that it is not in the log",
                "Replay a time when a version with that feature answered, or let it answer as a shadow:"
                f" dbml deploy {name}@{version} --strategy shadow",
            )
