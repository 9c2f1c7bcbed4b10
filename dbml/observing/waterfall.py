"""Pictures of explanations: a waterfall for a row, bars for many; for the shell as text, for a file by matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dbml import errors
from dbml.observing.explanation import Explanation, Importance

# Further features are one bar together.
BARS = 12
WIDTH = 40
UP, DOWN, PLAIN = "#c0504d", "#4f81bd", "#7f7f7f"


def steps(explanation: Explanation, at_most: int = BARS) -> list[tuple[str, float]]:
    """Labels and contributions, the largest first, what is left over as one."""
    largest = sorted(explanation.contributions, key=lambda one: -abs(one.contribution))
    shown = largest if len(largest) <= at_most else largest[: at_most - 1]
    found = [(f"{one.feature} = {_short(one.value)}", one.contribution) for one in shown]
    if rest := largest[len(shown) :]:
        found.append((f"{len(rest)} others", sum(one.contribution for one in rest)))
    return found


def text(explanation: Explanation) -> str:
    """A waterfall for the shell: each bar begins where the one before ends."""
    parts = steps(explanation, len(explanation.contributions))
    ends = [explanation.base]
    for _, worth in parts:
        ends.append(ends[-1] + worth)
    low, high = min(*ends, 0.0), max(*ends, 0.0)
    scale = WIDTH / (high - low or 1.0)
    labels = ["base", *(label for label, _ in parts), explanation.scale]
    widest = max(map(len, labels))
    lines = [f"{'base':<{widest}}  {explanation.base:>+10.4f}"]
    for (label, worth), before, after in zip(parts, ends[:-1], ends[1:], strict=True):
        start, end = sorted((round((before - low) * scale), round((after - low) * scale)))
        bar = " " * start + ("█" if worth > 0 else "░") * max(end - start, int(worth != 0.0))
        lines.append(f"{label:<{widest}}  {worth:>+10.4f}  {bar}".rstrip())
    return "\n".join([*lines, f"{explanation.scale:<{widest}}  {explanation.total:>+10.4f}"])


def bars(found: Sequence[Importance]) -> str:
    """Importances for the shell."""
    widest = max((len(one.feature) for one in found), default=0)
    most = max((one.importance for one in found), default=0.0) or 1.0
    return "\n".join(
        f"{one.feature:<{widest}}  {one.importance:>10.4f}  {'█' * round(WIDTH * one.importance / most)}".rstrip()
        for one in found
    )


def plot(explanation: Explanation, file: Path) -> None:
    """Draw a waterfall into a file, whose suffix tells its format.

    :raises DbmlError: matplotlib is missing, or the file cannot be written.
    """
    parts = steps(explanation)
    axes, figure = _axes(len(parts) + 2)
    place = explanation.base
    axes.axvline(explanation.base, color=PLAIN, linewidth=0.8, linestyle=":")
    for row, (_, worth) in enumerate(parts, 1):
        axes.barh(row, worth, left=place, height=0.6, color=UP if worth > 0 else DOWN)
        axes.plot([place + worth] * 2, [row, row + 1], color=PLAIN, linewidth=0.6)
        beyond = max(place, place + worth)
        axes.annotate(f"{worth:+.3f}", (beyond, row), (4, 0), textcoords="offset points", va="center", fontsize=9)
        place += worth
    for row, value in ((0, explanation.base), (len(parts) + 1, explanation.total)):
        axes.plot([value], [row], marker="D", color=PLAIN, markersize=6)
        axes.annotate(f"{value:.3f}", (value, row), (8, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_yticks(range(len(parts) + 2), ["base", *(label for label, _ in parts), explanation.scale])
    axes.invert_yaxis()
    axes.use_sticky_edges = False  # else bars would end at the frame, and what is written beside them beyond it
    axes.margins(x=0.15)
    axes.set_title(f"Why this score: {explanation.model}", loc="left", fontsize=11)
    axes.set_xlabel(explanation.scale)
    _save(figure, file)


def plot_importance(name: str, scale: str, found: Sequence[Importance], file: Path) -> None:
    """Draw importances into a file.

    :raises DbmlError: matplotlib is missing, or the file cannot be written.
    """
    shown = found[:25]
    axes, figure = _axes(len(shown))
    axes.barh(range(len(shown)), [one.importance for one in shown], height=0.6, color=DOWN)
    axes.set_yticks(range(len(shown)), [one.feature for one in shown])
    axes.invert_yaxis()
    axes.set_title(f"What matters to {name}", loc="left", fontsize=11)
    axes.set_xlabel(f"mean size of the contribution, {scale}")
    _save(figure, file)


def _axes(rows: int) -> tuple[Any, Any]:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise errors.DbmlError(
            f"a picture needs the package matplotlib, which cannot be imported here ({error})",
            "Install what pictures need: pip install 'dbml[plot]'",
        ) from error
    figure = Figure(figsize=(9, 1.2 + 0.36 * rows), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    return axes, figure


def _save(figure: Any, file: Path) -> None:
    try:
        figure.savefig(file, dpi=150)
    except (OSError, ValueError) as error:
        raise errors.DbmlError(f"cannot write {file}: {error}", "Give another file, such as --plot why.png.") from error


def _short(value: str | None) -> str:
    if value is None:
        return "missing"
    try:
        return value if len(value) <= 8 else f"{float(value):.4g}"
    except ValueError:
        return value if len(value) <= 24 else value[:23] + "…"
