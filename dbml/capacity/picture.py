"""A picture of a load test: how many events took how long, and when."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dbml import errors
from dbml.capacity.loadtest import Report
from dbml.capacity.openloop import Numbers, percentile

# The ticks of the upper axis: percentiles, as far to the right as they are rare.
TICKS = (0, 50, 90, 99, 99.9, 99.99, 99.999)
# A slice of time has about so many events at least, so that its 99th percentile is more than its slowest event.
EVENTS_A_SLICE = 200


def require(file: Path) -> None:
    """Say before a long test that its picture could not be drawn.

    :raises ExportError: the file is neither .svg nor .png, or matplotlib is not installed.
    """
    if file.suffix not in (".svg", ".png"):
        raise errors.ExportError(f"{file} is neither .svg nor .png", "Name the file loadtest.svg or loadtest.png.")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise errors.ExportError(
            "a picture needs matplotlib, which is not installed here", "pip install 'dbml[plot]'"
        ) from None


def plot(report: Report, file: Path) -> None:
    """Draw latency by percentile, and by time: the 99th percentile of each of 60 slices, or of fewer of few events.

    :raises ExportError: see :func:`require`.
    """
    require(file)
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    figure = Figure(figsize=(8, 7), layout="constrained")
    above, below = figure.subplots(2, 1)
    for arm, taken in report.taken.items():
        latencies = 1000 * np.sort(taken.latencies)
        n = len(latencies)
        above.plot(1 / (1 - np.arange(n) / n), latencies, label=f"{arm} dbml", drawstyle="steps-post")
        below.plot(*_over_time(taken.moments, 1000 * taken.latencies), label=f"{arm} dbml")
    above.set_xscale("log")
    rarest = max((len(taken.latencies) for taken in report.taken.values()), default=1)
    ticks = [tick for tick in TICKS if 1 / (1 - tick / 100) <= max(10, rarest)]
    above.set_xticks([1 / (1 - tick / 100) for tick in ticks], [f"{tick} %" for tick in ticks])
    above.minorticks_off()
    above.set_xlabel("of the events take no longer")
    below.set_xlabel("seconds")
    above.set_ylabel("ms from the intended start")
    below.set_ylabel("ms, 99th percentile")
    for axes in (above, below):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.grid(alpha=0.3)
    above.legend(frameon=False)
    load = report.load
    burst = f", bursts of {load.burst:g} × as many" if load.burst > 1 else ""
    above.set_title(f"{report.profile}: {load.rate:g} events/s{burst}, {load.clients} clients, skew {load.skew:g}")
    figure.savefig(file)


def _over_time(moments: Numbers, latencies: Numbers) -> tuple[list[float], list[float | None]]:
    count = min(60, max(1, len(moments) // EVENTS_A_SLICE))
    edges = np.linspace(0, moments.max(initial=0) + 1e-9, count + 1)
    slices = np.digitize(moments, edges[1:-1])
    shown = [place for place in range(count) if (slices == place).any()]
    middles = (edges[:-1] + edges[1:]) / 2
    return [float(middles[place]) for place in shown], [percentile(latencies[slices == place], 99) for place in shown]
