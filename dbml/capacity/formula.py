"""From what an event costs to what a load needs (pure)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dbml.capacity.measuring import Measured

# What a core is to be busy on average, so that bursts find it free: an M/M/1 queue then is 2.5 times as slow as an idle
# one.
BUSY = 0.6
PAGE = 8192
DAY = 86_400.0
# Seconds that a duty takes an event where it is not the event's own cost: drift's histograms, the relay of a change.
HISTOGRAM, RELAY = 1e-5, 2e-4


@dataclass(frozen=True)
class Demand:
    """The load to plan for.

    :param profiles: rows of the profile.
    :param rate: events a second.
    :param connections: sessions that insert; None: as many as are busy at a time, twice.
    :param days: how long events and the log are kept.
    """

    profiles: float
    rate: float
    connections: int | None = None
    days: float = 30.0


@dataclass(frozen=True)
class Checkpoints:
    """When a checkpoint comes: seconds, bytes of write-ahead log, and the share of the time in which one is written."""

    seconds: float
    bytes: float
    target: float
    full_pages: bool


@dataclass(frozen=True)
class Duties:
    """What workers do for this profile."""

    windows: bool = False
    queued: bool = False
    log: bool = False
    relay: bool = False


@dataclass(frozen=True)
class Need:
    """A line of the answer.

    :param need: ``cores``, ``memory``, …
    :param value: in ``unit``: cores, bytes, bytes/s, bytes/day, sessions or workers.
    :param formula: how it was computed, with the figures.
    """

    need: str
    value: float
    unit: str
    formula: str


def needs(measured: Measured, demand: Demand, checkpoints: Checkpoints, duties: Duties) -> list[Need]:
    """What a load needs: processors and sessions, then what is stored, then what workers do."""
    return [
        *_at_work(measured, demand),
        *_stored(measured, demand),
        _wal(measured, demand, checkpoints),
        _workers(_duties(measured, demand.rate, duties)),
    ]


def _at_work(measured: Measured, demand: Demand) -> Iterator[Need]:
    rate, cpu, elapsed = demand.rate, 1e6 * measured.cpu, 1e6 * measured.elapsed
    busy = rate * measured.cpu
    yield Need("cores, busy", busy, "cores", f"{rate:g}/s × {cpu:.0f} µs of processor time")
    to_have = max(1, math.ceil(busy / BUSY))
    yield Need("cores, to have", to_have, "cores", f"{busy:.2f} ÷ {BUSY:g}, so that bursts find some free")
    sessions = demand.connections or max(2, math.ceil(2 * rate * measured.elapsed))
    by = "as said" if demand.connections else f"2 × {rate:g}/s × {elapsed:.0f} µs an event, and 2 at least"
    yield Need("connections", sessions, "sessions", by)
    if measured.memory is not None:
        by = f"{sessions} × {measured.memory / 2**20:.1f} MB"
        yield Need("memory of sessions", sessions * measured.memory, "bytes", by)


def _stored(measured: Measured, demand: Demand) -> Iterator[Need]:
    rate = demand.rate
    profile = demand.profiles * measured.profile_row
    by = f"{demand.profiles:g} × {measured.profile_row:.0f} bytes, with indexes"
    yield Need("profile, disk and cache", profile, "bytes", by)
    events = rate * measured.event_row * DAY
    yield Need("events", events, "bytes/day", f"{rate:g}/s × {measured.event_row:.0f} bytes, with indexes")
    log, row = rate * measured.logged * (measured.log_row or 0.0) * DAY, measured.log_row or 0.0
    yield Need("log", log, "bytes/day", f"{rate:g}/s × {measured.logged:.2f} logged × {row:.0f} bytes, indexed")
    by = f"profile + {demand.days:g} days of events and log"
    yield Need("disk", profile + (events + log) * demand.days, "bytes", by)


def _wal(measured: Measured, demand: Demand, checkpoints: Checkpoints) -> Need:
    every, pages = _whole_pages(measured, demand, checkpoints)
    whole = f"whole pages {pages / 2**20:.2f} MB/s, as a checkpoint comes each {every:.0f} s"
    if not checkpoints.full_pages:
        whole = "no whole pages, as full_page_writes is off here"
    by = f"{demand.rate:g}/s × {measured.wal:.0f} bytes + {whole}"
    return Need("write-ahead log", demand.rate * measured.wal + pages, "bytes/s", by)


def _workers(loads: Mapping[str, float]) -> Need:
    by = " + ".join(f"{load:.2f} {duty}" for duty, load in loads.items())
    count = max(1, math.ceil(sum(loads.values()) / BUSY))
    return Need("workers", count, "workers", f"({by}) ÷ {BUSY:g}" if loads else "nothing is left to them but upkeep")


def _whole_pages(measured: Measured, demand: Demand, checkpoints: Checkpoints) -> tuple[float, float]:
    """Seconds between checkpoints, and bytes a second of whole pages.

    A page that changes for the first time after a checkpoint is written whole. Of P pages that n events touch evenly,
    P * (1 - exp(-n / P)) are.

    A checkpoint comes when its time is up, or when so much log has been written that it and the next one stay within
    ``max_wal_size``, whichever is first; and how much is written depends on that again.
    """
    every = checkpoints.seconds
    tables = (demand.profiles * measured.profile_heap / PAGE, _event_pages(measured, demand))
    pages = 0.0
    for _ in range(50):
        if not checkpoints.full_pages:
            break
        touched = sum(size * -math.expm1(-demand.rate * every / size) for size in tables if size)
        pages = touched * PAGE / every
        filled = checkpoints.bytes / (1 + checkpoints.target) / (demand.rate * measured.wal + pages)
        every = (every + min(checkpoints.seconds, filled)) / 2
    return every, pages


def _event_pages(measured: Measured, demand: Demand) -> float:
    """Pages of the index by which events are found again: some 20 bytes an event, touched at random."""
    return demand.rate * demand.days * DAY * 20 / PAGE


def _duties(measured: Measured, rate: float, duties: Duties) -> Mapping[str, float]:
    """The share of a core that each duty takes."""
    return {
        duty: load
        for duty, load, wanted in (
            ("windows", rate * measured.cpu, duties.windows),
            ("queued", rate * measured.cpu, duties.queued),
            ("histograms", rate * measured.logged * HISTOGRAM, duties.log),
            ("relay", rate * RELAY, duties.relay),
        )
        if wanted
    }
