"""What a load needs, from short measurements on the server at hand."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from dbml import database, errors
from dbml.capacity import measuring
from dbml.capacity import mix as mixes
from dbml.capacity.copies import require_copy
from dbml.capacity.formula import Checkpoints, Demand, Duties, Need, needs
from dbml.capacity.measuring import Measured
from dbml.profiles import catalog
from dbml.profiles.publication import OUTBOX
from dbml.profiles.spec import Profile

# That measure; more than one, because those of an application are not always the same one.
SESSIONS = 4


@dataclass(frozen=True)
class Size:
    """The answer, and what it comes from."""

    database: str
    profile: str
    demand: Demand
    measured: Measured
    needs: list[Need]


def size(dsn: str | None, model: str, demand: Demand, *, write: bool = False) -> Size:
    """Insert some thousand events, and say what a load of their kind needs. The events stay.

    :param model: of the profile that the events are about.
    :param write: the caller means it.
    :raises LoadTestError: the database is not marked as a copy, ``write`` is not said, or events cannot be made up.
    :raises UnknownModel: no profile has a prediction of that model.
    """
    with ExitStack() as stack:
        connection, *sessions = [stack.enter_context(database.connect(dsn)) for _ in range(1 + SESSIONS)]
        for each in (connection, *sessions):
            each.autocommit = True
        attached = mixes.attachment(connection, _profile_of(catalog.records(connection), model))
        tables = ", ".join(dict.fromkeys(str(table) for _, table in attached.events))
        require_copy(connection, write, f"{measuring.TIMES * measuring.EVENTS} events of {tables}")
        mix = mixes.mix(connection, attached, weights={}, statement=None, random=np.random.default_rng(0))
        measured = measuring.measure(connection, sessions, attached, mix, demand.rate)
        (checkpoints,) = database.rows(connection, Checkpoints, "checkpoint_settings")
        return Size(
            connection.info.dbname,
            str(attached.table),
            demand,
            measured,
            needs(measured, demand, checkpoints, _duties(attached.profile)),
        )


def _profile_of(records: list[catalog.Record], model: str) -> str:
    for record in records:
        if any(prediction.model == model for prediction in record.profile.predictions):
            return record.relation
    known = sorted({prediction.model for record in records for prediction in record.profile.predictions})
    raise errors.UnknownModel(
        f"no profile has a prediction of {model}",
        f"There are: {', '.join(known)}." if known else "dbml attach SPEC.toml",
    )


def _duties(profile: Profile) -> Duties:
    counters = [counter for event in profile.events for counter in event.counters.values()]
    return Duties(
        windows=any(counter.over is not None for counter in counters),
        queued=any(prediction.mode == "queued" for prediction in profile.predictions),
        log=any(prediction.log is not None for prediction in profile.predictions),
        relay=any(publication.to == OUTBOX for publication in profile.publications),
    )
