"""A picture of how an experiment's evidence came to be."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from dbml import database, errors
from dbml.database import Connection
from dbml.observing.experiment import Arm, experiment

LOOKS = 40


def plot(connection: Connection, name: str, file: Path, *, covariate: str | None = None) -> None:
    """Draw the difference of each arm to the control, with its interval, and the evidence, as known on each day.

    :param file: ``.svg`` or ``.png``.
    :raises StrategyError: nothing has stood beside the version that serves.
    :raises ExportError: the file has another ending, or matplotlib is not installed.
    """
    check_suffix(file, name)
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise errors.ExportError(
            "a picture needs matplotlib, which is not installed here", "pip install 'dbml[plot]'"
        ) from None
    looks = history(connection, name, covariate)
    figure = Figure(figsize=(8, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    arms = list(dict.fromkeys(row.arm for _, row in looks))
    for place, arm in enumerate(arms):
        rows = [(at, row) for at, row in looks if row.arm == arm]
        days: Any = [at for at, _ in rows]
        colour = f"C{place}"
        above.plot(days, [row.difference for _, row in rows], color=colour, label=f"{arm} less control")
        above.fill_between(
            days, [row.low for _, row in rows], [row.high for _, row in rows], color=colour, alpha=0.2, linewidth=0
        )
        below.plot(days, [row.evidence for _, row in rows], color=colour)
    above.axhline(0, color="black", linewidth=0.8)
    above.set_ylabel("difference of means")
    above.legend(loc="best", frameon=False)
    above.set_title(f"{name}: 95 % intervals that hold at every look")
    below.axhline(20 * len(arms), color="black", linewidth=0.8, linestyle="--")
    below.set_yscale("log")
    below.set_ylabel("evidence")
    below.tick_params(axis="x", rotation=30)
    figure.savefig(file)


def check_suffix(file: Path, name: str) -> None:
    """Check that a picture has a format that is drawn.

    :raises ExportError: the file has another ending.
    """
    if file.suffix not in (".svg", ".png"):
        raise errors.ExportError(f"{file} is neither .svg nor .png", f"Name the file {name}.svg or {name}.png.")


def history(connection: Connection, name: str, covariate: str | None = None) -> list[tuple[datetime, Arm]]:
    """Look at an experiment at 40 moments since its beginning: the arms of which enough was known then."""
    raw = database.driver(connection)
    moments = database.column(raw, "experiment_moments", name=name, looks=LOOKS)
    return [
        (at, arm)
        for at in moments
        for arm in experiment(raw, name, covariate=covariate, as_of=at)
        if arm.difference is not None and arm.state != "insufficient"
    ]
