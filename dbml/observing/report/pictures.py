"""Pictures of a report, each as SVG that stands in the page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dbml.observing.experiment import Arm
from dbml.observing.histograms import NOW, Histogram, draw
from dbml.observing.performance import Quality

LINE = "#5f6b76"
# Of a normal distribution, to both sides.
Z95 = 1.959964
_STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: it can be searched, and is small
    "svg.hashsalt": "dbml",
    "font.family": ["DejaVu Sans"],  # comes with matplotlib; the page says what is shown
    "font.size": 9,
    "text.parse_math": False,  # a category may hold dollars
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": LINE,
}


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _svg(figure: Figure) -> str:
    written = io.StringIO()
    figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    text = written.getvalue()
    return text[text.index("<svg") :]


def histogram(one: Histogram) -> str:
    """A feature in its window beside its reference: shares by bin, the missing ones last."""
    with mpl.rc_context(_STYLE):
        # Margins that suit any labels: to measure those of forty pictures takes longer than to draw them.
        figure = Figure(figsize=(3.5, 2.2))
        axes = figure.add_axes((0.11, 0.4, 0.87, 0.52))
        draw(axes, one)
        return _svg(figure)


def scores(history: Sequence[Histogram]) -> str | None:
    """How the score moved: its median, and where its middle half and eight tenths lie."""
    points = [(one.at, one.edges or [], one.counts) for one in history if one.counts and sum(one.counts[1:])]
    if not points:
        return None
    with mpl.rc_context(_STYLE):
        figure, axes = _figure(7.2, 2.4)
        at: list[Any] = [at for at, _, _ in points]
        levels = np.array([quantiles(edges, counts) for _, edges, counts in points]).T
        axes.fill_between(at, levels[0], levels[4], color=NOW, alpha=0.15, linewidth=0, label="eight tenths")
        axes.fill_between(at, levels[1], levels[3], color=NOW, alpha=0.3, linewidth=0, label="the middle half")
        axes.plot(at, levels[2], color=NOW, marker="o", markersize=3, label="median")
        axes.legend(frameon=False, ncols=3, fontsize=7, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0)
        _dates(figure, axes)
        return _svg(figure)


def quantiles(edges: Sequence[float], counts: Sequence[int]) -> list[float]:
    """The 10, 25, 50, 75 and 90 % quantiles by a histogram, straight lines between its edges (pure)."""
    if not edges:
        return [float("nan")] * 5
    upto = np.cumsum(np.asarray(counts[1:-1], dtype=float))
    return [float(np.interp(q * sum(counts[1:]), upto, edges)) for q in (0.1, 0.25, 0.5, 0.75, 0.9)]


def quality(days: Sequence[Quality], classes: bool) -> str | None:
    """The mean squared error by the day of the prediction, with 95 % intervals."""
    if not days:
        return None
    with mpl.rc_context(_STYLE):
        figure, axes = _figure(7.2, 2.2)
        mean = np.array([row.error for row in days])
        half = Z95 * np.array([row.spread / np.sqrt(row.n) for row in days])
        at: list[Any] = [row.day for row in days]
        axes.errorbar(at, mean, half, color=NOW, fmt="o", markersize=3, linewidth=1)
        axes.axhline(np.average(mean, weights=[row.n for row in days]), color=LINE, linewidth=0.8, linestyle=":")
        axes.set_ylabel("Brier score" if classes else "mean squared error")
        axes.set_ylim(bottom=0)
        _dates(figure, axes)
        return _svg(figure)


def calibration(bins: Sequence[Quality]) -> str | None:
    """What came true against what was predicted, by tenths of the score, with 95 % intervals after Wilson."""
    if not bins:
        return None
    with mpl.rc_context(_STYLE):
        figure, axes = _figure(3.4, 3.0)
        n = np.array([row.n for row in bins], dtype=float)
        rate = np.array([row.outcome for row in bins])
        middle, half = wilson(rate, n)
        axes.plot([0, 1], [0, 1], color=LINE, linewidth=0.8, linestyle=":")
        axes.vlines([row.score for row in bins], middle - half, middle + half, color=NOW, linewidth=1)
        axes.scatter([row.score for row in bins], rate, s=14, color=NOW)
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="mean score", ylabel="share that came true")
        return _svg(figure)


def arms(compared: Sequence[Arm]) -> str | None:
    """The difference of each arm's mean outcome to the control's, with the interval that holds at every look."""
    if not compared:
        return None
    with mpl.rc_context(_STYLE):
        figure, axes = _figure(7.2, 0.7 + 0.35 * len(compared))
        places = range(len(compared))
        columns = np.array([(arm.difference, arm.low, arm.high) for arm in compared], dtype=float).T
        axes.hlines(places, columns[1], columns[2], color=NOW, linewidth=1.5)
        axes.scatter(columns[0], places, s=18, color=NOW)
        axes.axvline(0, color=LINE, linewidth=0.8, linestyle=":")
        axes.set_yticks(range(len(compared)), [f"{arm.arm}, version {arm.version}" for arm in compared])
        axes.set_ylim(len(compared) - 0.5, -0.5)
        axes.set_xlabel("difference of mean outcomes to the control")
        return _svg(figure)


def wilson(rate: Any, n: Any) -> tuple[Any, Any]:
    """Middle and half width of Wilson's 95 % interval of a share (Journal of the ASA 22 (1927) 209)."""
    square = Z95**2 / n
    return (rate + square / 2) / (1 + square), Z95 * np.sqrt(rate * (1 - rate) / n + square / (4 * n)) / (1 + square)


def _dates(figure: Figure, axes: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    first, last = axes.dataLim.intervalx  # in days
    if last - first < 6:  # a week at least: around a single day matplotlib shows years
        axes.set_xlim((first + last) / 2 - 3.5, (first + last) / 2 + 3.5)
    locator = AutoDateLocator(maxticks=10)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
