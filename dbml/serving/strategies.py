"""Versions side by side: a candidate beside the control, its share, and how that ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from dbml import database
from dbml.database import Connection, Record
from dbml.models import versions
from dbml.profiles import checks
from dbml.profiles.catalog import table_facts
from dbml.schema.install import require
from dbml.serving.deployment import Predicted


@dataclass(frozen=True)
class Strategy:
    """How a version serves beside another.

    :param name: ``canary``, ``ab``, ``rolling``, ``shadow`` or ``blue-green``.
    :param share: percent of the entities, in hundredths at most; None: 10, equal parts for ``ab``, all for ``shadow``.
    :param where: a condition on columns of the profile; rows for which it is not true stay on the control.
    :param steps: shares in percent, one after the other, the first at once.
    :param hold: how long each step lasts, as PostgreSQL writes an interval.
    :param failure_limit: from this share of entities that cannot be scored on, :func:`advance` aborts.
    :param also: further versions, each an arm with the same share; for ``ab`` and ``shadow``.
    :param in_statement: a ``shadow`` answers inside the application's statement, and not by a worker.
    :param rate: ``rolling`` goes on by about so many rows a second, as often as :func:`advance` is called.
    :param outcome_guard: whether :func:`advance` aborts once the candidate's outcomes are worse than the control's.
    """

    name: str
    share: Decimal | float | None = None
    where: str | None = None
    steps: Sequence[Decimal | float] | None = None
    hold: str | timedelta | None = None
    failure_limit: Decimal | float | None = None
    also: Sequence[int] = ()
    in_statement: bool = False
    rate: int | None = None
    outcome_guard: bool = False

    def parameters(self) -> dict[str, Any]:
        """Those of the query that starts it."""
        return {
            "strategy": self.name,
            "share": _exact(self.share),
            "where": self.where,
            "steps": None if self.steps is None else [_exact(step) for step in self.steps],
            "hold": self.hold,
            "failure_limit": _exact(self.failure_limit),
            "outcome_guard": self.outcome_guard,
            "also": list(self.also),
            "in_statement": self.in_statement,
            "rate": self.rate,
        }


@dataclass(frozen=True)
class Serving(Record):
    """A row of the view ``dbml.serving``: a version, and the share of entities that it serves, in percent.

    :param shadow_share: of which share a shadow answers what others serve; None for what is no shadow.
    """

    model: str
    version: int
    arm: str
    strategy: str
    share: Decimal
    since: datetime
    shadow_share: Decimal | None


@dataclass(frozen=True)
class Advanced(Record):
    """What :func:`advance` did: ``step``, ``promote``, ``abort`` or ``held``, and the share of the candidate by now."""

    name: str
    act: str
    share: Decimal


def start_strategy(
    connection: Connection,
    name: str,
    version: int,
    strategy: Strategy,
    *,
    note: str | None = None,
    changes: Iterable[str] = (),
) -> None:
    """Let a version serve beside the present one, from the next statement on.

    No row is written: the rows of the new version's share keep their score until they change, or until
    :func:`dbml.rescore`.

    :param note: why; the view ``dbml.deployment_history`` shows it.
    :param changes: what may be other than that of the version that serves: ``output``, ``features``.
    :raises UnknownModel: the version is not there.
    :raises InterfaceChanged: its output or its features are other ones, and ``changes`` does not say so.
    :raises ProfileError: an attached table lacks one of its features.
    :raises StrategyError: another strategy runs, nothing serves yet, or the share, steps or condition make no sense.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        found = versions.show(raw, name, version)
        # Names the nearest column; the server checks the same, for those who may not read what is attached.
        if database.value(raw, "may_read_profiles"):
            for predicted in database.rows(raw, Predicted, "predictions", model=name):
                checks.check_features(found, table_facts(raw, predicted.relation), predicted.features)
        database.value(
            raw,
            "deploy_by_strategy",
            name=name,
            version=version,
            note=note,
            changes=list(changes),
            **strategy.parameters(),
        )


def _exact(number: Decimal | float | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def set_share(connection: Connection, name: str, share: Decimal | float, *, note: str | None = None) -> None:
    """Give the candidate another share of the entities, from the next statement on.

    It takes more from the control, or gives back what it took last: the same share is the same entities again.

    :param share: percent, 0 to 100, in hundredths at most.
    :raises StrategyError: no strategy runs, or it is an ``ab``, whose shares stay as they are.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        database.value(raw, "set_share", name=name, share=_exact(share), note=note)


def promote(connection: Connection, name: str, *, version: int | None = None, note: str | None = None) -> int:
    """Make the candidate serve everyone, from the next statement on; rows keep their score as after a deployment.

    :param version: which one, where several run beside the version that serves.
    :returns: the number of the version that serves now.
    :raises StrategyError: no strategy runs, several candidates do and none is named, or it is none of them.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        return int(database.value(raw, "promote", name=name, note=note, version=version))


def abort(connection: Connection, name: str, *, why: str | None = None) -> int:
    """End the strategy, and let the control score again what the candidate had scored, in the caller's transaction.

    :returns: how many rows it scored.
    :raises StrategyError: no strategy runs.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        return int(database.value(raw, "abort", name=name, why=why))


def advance(connection: Connection, name: str | None = None) -> list[Advanced]:
    """Take the steps that are due, and abort candidates as their guards say. Safe to call at any time, and again.

    Where a guard on outcomes cannot be asked (who calls may not read them, say), the candidate is ``held`` as it is.

    :param name: one model; None: all, each in a transaction of its own if the connection is in autocommit mode.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        if name is not None:
            versions.require_model(raw, name)
        names = [name] if name is not None else sorted({row.model for row in allocation(raw) if row.arm != "control"})
        return [done for each in names for done in database.rows(raw, Advanced, "advance", name=each)]


def allocation(connection: Connection, name: str | None = None) -> list[Serving]:
    """Which version serves which share of whose entities.

    :param name: one model; None: all.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        if name is not None:
            versions.require_model(raw, name)
        return database.rows(raw, Serving, "serving", name=name)
