"""What the soak must show: each figure beside its bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from soak.faults import Amount
from soak.trial import Row


@dataclass(frozen=True)
class Bound:
    """A figure; ``met`` is None where it was not measured."""

    figure: str
    found: str
    bound: str
    met: bool | None


def bounds(rows: Sequence[Row], found: dict[str, Any], amount: Amount) -> list[Bound]:
    """Lay what was found beside its bounds.

    :param found: figures by the part that measured them.
    """
    load = next((row for row in rows if row.part == "load"), None)
    tried = [row for row in rows if not row.skipped] or None
    clients = "16 clients, single-statement transactions"
    shown = [
        _at_most("counters or scores wrong after any fault", _sum(tried, "counters", "scores", "reconciled"), 0),
        _at_most("rows of the log missing or invented", _sum(tried, "logged"), 0),
        _at_most("committed inserts lost", _sum(tried, "lost"), 0),
        _at_most(
            f"deadlocks in {amount.seconds / 60:.1f} minutes of {clients}",
            load.failures.get("40P01", 0) if load else None,
            0,
        ),
        _at_most(
            f"failed statements during {load.tried if load else 200} deploys and rollbacks, 16 clients",
            sum(load.failures.values()) if load else None,
            0,
        ),
        _at_most("transaction ids used by one statement", _most(found.get("xids")), 4),
    ]
    for model, least in (("lr", 0.85), ("gbm", 0.6)):
        ratio = found["copy"]["ratio"][model] if "copy" in found else None
        shown.append(
            Bound(
                f"rows/s of a COPY of 100,000 events, {model.upper()} ÷ a constant score",
                _told(ratio),
                f"≥ {least}",
                None if ratio is None else ratio >= least,
            )
        )
    latency = found.get("latency", {"profiles": 1_000_000, "ratio": None})
    shown.append(_at_most(f"insert latency with {latency['profiles']:,} profiles ÷ with 10,000", latency["ratio"], 1.2))
    memory = found.get("memory", {"statements": 100_000})
    shown += [
        _at_most(
            f"MB a backend grows by over {memory['statements']:,} scored statements, {model.upper()}",
            memory.get(model),
            5,
        )
        for model in ("lr", "gbm")
    ]
    for what, told in (("cancel", "cancelled"), ("terminate", "terminated"), ("timeout", "out of time")):
        went = found.get("ended", {}).get(what)
        shown.append(_at_most(f"seconds until a statement that scores has ended, {told}", went and max(went), 0.5))
    if hot := found.get("hot"):
        figure = f"inserts/s for one customer, {hot['clients']} clients ÷ one"
        shown.append(Bound(figure, f"{hot['ratio']:.2f}", "no collapse", None))
    for model, copied in found.get("bulk", {}).items():
        figure = f"COPY of {copied['rows']:,} events over {copied['entities']:,} profiles, {model.upper()}"
        shown += [
            _at_most(f"{figure}: row versions of a profile", copied["row_versions"] / copied["entities"], 1),
            Bound(f"{figure}: seconds, MB", f"{copied['seconds']:.1f}, {_told(copied['memory_mb'])}", "", None),
        ]
    return shown


def _sum(rows: Sequence[Row] | None, *names: str) -> int | None:
    return None if rows is None else sum(getattr(row, name) for row in rows for name in names)


def _most(figures: dict[str, int] | None) -> int | None:
    return None if figures is None else max(figures.values())


def _told(value: float | None) -> str:
    return "not measured" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def _at_most(figure: str, value: float | None, most: float) -> Bound:
    return Bound(figure, _told(value), f"≤ {most}" if most else "0", None if value is None else value <= most)
