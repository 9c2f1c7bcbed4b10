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
from dbml.profiles.tables import table_facts
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
    :param score_limit: :func:`advance` aborts once the arms' mean scores surely differ by more, in units of the score.
    :param min_exposures: no further step before the candidate has scored so many entities in the present one.
    :param min_outcomes: no further step before the outcome is known of so many of these.
    :param approvals: those of ``steps`` that wait for :func:`approve`.
    :param signals: what pauses the steps until :func:`resume`: ``alert``, ``outcome``, ``score``, ``score=0.02``,
        ``failure=0.01``.
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
    score_limit: Decimal | float | None = None
    min_exposures: int | None = None
    min_outcomes: int | None = None
    approvals: Sequence[Decimal | float] | None = None
    signals: Sequence[str] | None = None

    def parameters(self) -> dict[str, Any]:
        """Those of the query that starts it."""
        return {
            "strategy": self.name,
            "share": _exact(self.share),
            "where": self.where,
            "steps": _all_exact(self.steps),
            "hold": self.hold,
            "failure_limit": _exact(self.failure_limit),
            "outcome_guard": self.outcome_guard,
            "also": list(self.also),
            "in_statement": self.in_statement,
            "rate": self.rate,
            "score_limit": _exact(self.score_limit),
            "min_exposures": self.min_exposures,
            "min_outcomes": self.min_outcomes,
            "approvals": _all_exact(self.approvals),
            "signals": None if self.signals is None else list(self.signals),
        }


@dataclass(frozen=True)
class Serving(Record):
    """A row of the view ``dbml.serving``: a version, and the share of entities that it serves, in percent.

    :param shadow_share: of which share a shadow answers what others serve; None for what is no shadow.
    :param waits_for: what the candidate's next step waits for, in words; None where it waits for nothing.
    """

    model: str
    version: int
    arm: str
    strategy: str
    share: Decimal
    since: datetime
    shadow_share: Decimal | None
    waits_for: str | None


@dataclass(frozen=True)
class Advanced(Record):
    """What :func:`advance` did: ``step``, ``promote``, ``abort``, ``pause`` or ``held``.

    :param share: of the candidate by now, in percent.
    :param why: what a guard or a signal said; else None.
    """

    name: str
    act: str
    share: Decimal
    why: str | None


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


def _all_exact(numbers: Sequence[Decimal | float] | None) -> list[Decimal] | None:
    return None if numbers is None else [Decimal(str(number)) for number in numbers]


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


def approve(connection: Connection, name: str, *, note: str | None = None) -> Decimal:
    """Approve the next step, which :func:`advance` then takes as soon as it is due.

    :param note: why; the view ``dbml.deployment_history`` shows it, with who approved.
    :returns: the share of that step, in percent.
    :raises StrategyError: no strategy runs, or its next step waits for no approval, or has it.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        return Decimal(database.value(raw, "approve", name=name, note=note))


def pause(connection: Connection, name: str, *, why: str | None = None) -> None:
    """Let the strategy take no step until :func:`resume`; its guards stay, and everybody keeps his version.

    :raises StrategyError: no strategy runs, or it takes no steps, or they are paused already.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        database.value(raw, "pause", name=name, why=why)


def resume(connection: Connection, name: str, *, note: str | None = None) -> None:
    """Let paused steps go on. The present step begins anew, and what paused it does not pause it again.

    :raises StrategyError: no strategy runs, or its steps are not paused.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        database.value(raw, "resume_steps", name=name, note=note)


def advance(connection: Connection, name: str | None = None) -> list[Advanced]:
    """Take the steps that are due, abort as guards and pause as signals say. Safe to call at any time, and again.

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
