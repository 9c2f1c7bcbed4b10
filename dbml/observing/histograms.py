"""Histograms of what a version saw, drawn beside those of its reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dbml import database, errors
from dbml.database import Connection
from dbml.models import versions
from dbml.observing.picture import check_suffix
from dbml.schema.install import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Histogram:
    """A feature of a version, or its score, in a time and in the version's reference.

    :param position: 0 for the score, else the feature's.
    :param kind: ``text``, or a kind of number.
    :param edges: between the bins, of numbers.
    :param categories: each has a bin, of texts.
    :param low: and ``high``: the first and the last bin of numbers that are drawn by themselves.
    :param reference: rows by bin: the missing ones first.
    :param counts: the same of the time; None where there is only a reference.
    :param at: when the time begins.
    """

    feature: str
    position: int
    kind: str
    edges: list[float] | None
    categories: list[str] | None
    low: int
    high: int
    reference: list[int]
    counts: list[int] | None
    at: datetime | None = None


@dataclass(frozen=True)
class Times:
    """The hours of a window and a history that end now.

    :param until: the end of the hour that has begun.
    :param step: by which a history is told.
    """

    until: datetime
    window_since: datetime
    now: datetime
    since: datetime
    step: timedelta


BEFORE, NOW = "#b8c0c8", "#1f5fa8"
ACROSS = 3


def plot(
    connection: Connection, name: str, file: Path, *, window: str | None = None, version: int | None = None
) -> None:
    """Draw the histograms of the score and of each feature into a file.

    :param file: ``.svg`` or ``.png``.
    :param window: draw the last hours or days beside the reference, as :func:`dbml.drift` reads it; None: the reference
        alone.
    :param version: None: the one that serves.
    :raises UnknownModel: there is no such model or version.
    :raises ExportError: there is nothing to draw, matplotlib is missing, or the file cannot be written.
    """
    check_suffix(file, name)
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        if window is None:
            found = database.rows(raw, Histogram, "reference", name=name, version=version)
        else:
            [times] = database.rows(raw, Times, "report_times", window=window, since=window)
            asked = {"since": times.window_since, "until": times.until, "step": None}
            found = database.rows(raw, Histogram, "histograms", name=name, version=version, **asked)
    if not found:
        raise errors.ExportError(
            f"of {name} there is nothing to draw",
            "It takes a reference (dbml model add … --sample) and, of a window, what a worker has counted of the log.",
        )
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise errors.ExportError(
            f"a picture needs the package {error.name}, which cannot be imported here", "pip install 'dbml[plot]'"
        ) from error
    down = -(-len(found) // ACROSS)
    figure = Figure(figsize=(3.6 * ACROSS, 2.6 * down), layout="constrained")
    panels = list(figure.subplots(down, ACROSS, squeeze=False).flat)
    for axes in panels:
        axes.set_axis_off()
    for one, axes in zip(found, panels, strict=False):
        axes.set_axis_on()
        axes.set_title(one.feature, fontsize=9, parse_math=False)
        draw(axes, one)
    try:
        figure.savefig(file)
    except OSError as error:
        raise errors.ExportError(
            f"{file} cannot be written: {error.strerror}", "Name a file in a folder that is there."
        ) from None


def draw(axes: Axes, one: Histogram) -> None:
    """Draw a feature: shares by bin, the missing ones last; beside the reference those of now, if there are any."""
    labels, before, now = shares(one)
    place = np.arange(len(labels))
    shift = 0 if now is None else 0.2
    axes.bar(place - shift, before, 0.8 if now is None else 0.4, color=BEFORE, label="reference")
    if now is not None:
        axes.bar(place + shift, now, 0.4, color=NOW, label="now")
        axes.legend(frameon=False, fontsize=7, ncols=2, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0)
    axes.set_xticks(place, labels, rotation=60, ha="right", rotation_mode="anchor", fontsize=7)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")


def shares(one: Histogram) -> tuple[list[str], np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """Labels of what a histogram shows, and the shares of the reference and of now (pure)."""
    low, high = one.low, one.high

    def together(counts: Sequence[int]) -> np.ndarray[Any, Any]:
        whole = np.asarray(counts, dtype=float)
        if one.kind == "text":
            parts = [*whole[1:], whole[0]]
        else:
            parts = [whole[1:low].sum(), *whole[low : high + 1], whole[high + 1 :].sum(), whole[0]]
        found: np.ndarray[Any, Any] = np.asarray(parts) / max(whole.sum(), 1)
        return found

    if one.kind == "text":
        labels = [*(c if len(c) <= 14 else c[:13] + "…" for c in one.categories or []), "others", "missing"]
    elif one.edges:
        edges = one.edges[low - 2 : high]
        labels = ["below", *(f"from {edge:.3g}" for edge in edges[:-1]), "above", "missing"]
    else:
        labels = ["any", "above", "missing"]
    before = together(one.reference)
    now = None if one.counts is None else together(one.counts)
    size = min(len(labels), len(before))
    return labels[:size], before[:size], now if now is None else now[:size]
