"""A version's engine, chosen anew: after an upgrade of the server, or once PL/Python is there."""

from __future__ import annotations

from dataclasses import dataclass

from dbml import database
from dbml.database import Connection
from dbml.models import trial, versions
from dbml.models.version import Version, unpicklable
from dbml.schema.install import require


@dataclass(frozen=True)
class Tuned(Version):
    """A version after its engine was chosen anew.

    :param before: its engine until now.
    :param notices: why a faster engine was not taken: sentences without an end.
    """

    before: str
    notices: tuple[str, ...]

    __str__ = Version.__str__


def tune(connection: Connection, name: str, version: int, *, engine: str = "auto") -> Tuned:
    """Try the engines that a stored version may run on in this server, and take the fastest as :func:`add_model` does.

    Nothing of the version itself changes. Where it serves, it is served by the new engine from the next statement on.

    :param engine: ``sql``, ``portable`` or ``python``; ``auto`` takes the cheapest that answers as the estimator.
    :raises UnknownModel: it is not there.
    :raises ArtifactError: it cannot run on the engine asked for.
    :raises ServerError: the engine needs PL/Python, and the server lacks it.
    :raises ParityError: no engine answers here as the estimator; nothing is changed.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        before = versions.show(raw, name, version)
        plpython = bool(database.value(raw, "has_plpython"))
        candidates = trial.candidates(engine, plpython)
        refusals = {"sql": "no expression of it is stored", "portable": "no plan of it is stored"}
        refusals = {one: why for one, why in refusals.items() if one not in before.engines} | unpicklable(before.kind)
        if {"sql", "portable"} <= set(candidates) & set(before.engines):
            # An expression may have been stored that was the only way to run it.
            from dbml.scorer import engines

            refusals |= engines.refused_beside_others(database.value(raw, "plan", name=name, version=version))
        with raw.transaction():
            tried = trial.run(raw, name, version, candidates, refusals)
            chosen = trial.choose(raw, tried, engine, plpython, before.libraries)
            database.value(raw, "choose_engine", name=name, version=version, engine=chosen, **tried.documents)
        after = versions.show(raw, name, version)
        return Tuned(**after, before=before.engine, notices=tuple(tried.passed_over))
