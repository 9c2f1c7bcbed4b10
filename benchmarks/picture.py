"""What a whole run has to say to a reader of README: a summary, its table and its picture, all three checked in.

``make bench`` writes them anew at the end of a whole run; ``python -m benchmarks.picture`` makes table and picture
from the summary again.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from benchmarks.bounds import OURS, above, error, ratio
from benchmarks.models import TITLES

ROOT = Path(__file__).parents[1]
SUMMARY = ROOT / "docs" / "pictures" / "benchmarks.json"
PICTURE = SUMMARY.with_suffix(".svg")
README = ROOT / "README.md"
# The table stands in README between these.
BEGIN, END = "<!-- make bench writes this -->\n", "<!-- to here -->\n"

# A white card: it is read on a dark page as well as on a white one.
_INK, _GRID, _ONE, _MANY, _RIVAL = "#1f2933", "#d5dbe1", "#2f6fab", "#8fbbe0", "#b8612c"


def whole(results: Mapping[str, Any]) -> bool:
    """Whether everyone took part of whom README tells."""
    wanted = {"floor", "service_gbm", *(schema for schema, _ in OURS.values()), *(f"obvious_{model}" for model in OURS)}
    return not results["quick"] and wanted <= {each["schema"] for each in results["contestants"]}


def summary(results: Mapping[str, Any]) -> dict[str, Any]:
    """Take from the results of a run what README tells of it.

    Ratios are medians over rounds with their standard errors; milliseconds and megabytes are those of a session beyond
    what the floor's session takes.
    """
    inserts, called, scans = results["inserts"], results["inserts_by_psycopg"], results["many_rows"]
    engines = {each["schema"]: each["engine"] for each in results["contestants"]}
    clients = sorted(inserts["floor"], key=int)
    where = results["environment"]
    checked = [one for kind in ("stored", "scans") for one in results["fidelity"][kind].values() if one["ours"]]
    return {
        "run": f"make bench of {results['at'][:10]}, {results['parameters']['rounds']} rounds, "
        f"{where['server']}, {where['cores']} cores",
        "floor": {n: statistics.median(inserts["floor"][n].values()) for n in clients},
        "models": [
            {
                "model": model,
                "engine": engines[schema],
                "share": {
                    n: [ratio(inserts[schema][n], inserts["floor"][n]), error(inserts[schema][n], inserts["floor"][n])]
                    for n in clients
                },
                "times": {n: ratio(inserts[schema][n], inserts[f"obvious_{model}"][n]) for n in clients},
                "first_insert_ms": above(results["first_insert_ms"], schema),
                "memory_mb": above(results["memory_mb"], schema),
            }
            for model, (schema, _) in OURS.items()
        ],
        "service": {n: ratio(called["portable_gbm"][n], called["service_gbm"][n]) for n in clients},
        "scan": ratio(scans["seconds"]["fetch and predict lr"], scans["seconds"]["score() lr"]),
        "scan_rows": scans["rows"],
        "checked": sum(one["rows"] for one in checked),
        "wrong": sum(one["differing"] + one["unscored"] for one in checked),
    }


def table(figures: Mapping[str, Any]) -> str:
    """Write the figures as Markdown."""
    clients = list(figures["floor"])
    named = [f"{n} client{'' if n == '1' else 's'}" for n in clients]
    heads = [
        "model", "engine",
        *(f"share, {each}" for each in named), *(f"times, {each}" for each in named),
        "first insert", "memory",
    ]  # fmt: skip
    lines = [heads, ["---", "---", *["---:"] * (len(heads) - 2)]]
    for one in figures["models"]:
        lines.append(
            [
                TITLES[one["model"]],
                f"`{one['engine']}`",
                *(_with_error(*one["share"][n]) for n in clients),
                *(f"{one['times'][n]:.0f} ×" for n in clients),
                "+ under 1 ms" if one["first_insert_ms"] < 1 else f"+ {one['first_insert_ms']:.0f} ms",
                f"{one['memory_mb']:.{0 if one['memory_mb'] >= 1 else 1}f} MB",
            ]
        )
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _with_error(value: float, error: float | None) -> str:
    return f"{value:.2f}" if error is None else f"{value:.2f} ± {error:.2f}"


def draw(figures: Mapping[str, Any], file: Path) -> None:
    """Draw the bars: what a score costs an insert, and how far the other ways are."""
    import matplotlib

    # Outlines instead of text: it looks alike wherever it is shown. Nothing in the file says when it was made.
    matplotlib.use("Agg")
    matplotlib.rcParams.update(
        {"svg.hashsalt": "dbml", "font.size": 10, "text.color": _INK, "axes.labelcolor": _INK, "ytick.color": _INK}
    )
    from matplotlib import pyplot
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    picture, (costs, others) = pyplot.subplots(1, 2, figsize=(10, 3.9), width_ratios=(1, 1), layout="constrained")
    names = [TITLES[one["model"]].replace(", ", ",\n") for one in figures["models"]]
    models = figures["models"]
    first, *_, last = figures["floor"]
    for place, (number, color) in enumerate(((first, _ONE), (last, _MANY))):
        label = f"{number} client{'' if number == '1' else 's'}"
        rows = [row + (place - 0.5) * 0.38 for row in range(len(models))]
        shares = [one["share"][number] for one in models]
        bars = costs.barh(rows, [share for share, _ in shares], height=0.36, color=color, label=label)
        costs.errorbar(
            [s for s, _ in shares], rows, xerr=[e or 0 for _, e in shares], fmt="none", ecolor=_INK, elinewidth=1
        )
        ink = "white" if color == _ONE else _INK
        costs.bar_label(bars, [f"{share:.2f}" for share, _ in shares], label_type="center", color=ink, fontsize=9)
        bars = others.barh(rows, [one["times"][number] for one in models], height=0.36, color=color)
        others.bar_label(bars, [f"{one['times'][number]:.0f} ×" for one in models], padding=4, color=_INK, fontsize=9)
    costs.set_title(
        "Inserts per second, where 1 is the same triggers\nwith a constant for a score", fontsize=10.5, loc="left"
    )
    costs.axvline(1, color=_INK, linewidth=1.5)
    costs.set_xlim(0, 1.08)
    others.set_title("Inserts per second, where 1 is the obvious trigger\n(predict_proba on a frame of one row)",
                     fontsize=10.5, loc="left")  # fmt: skip
    others.axvline(1, color=_RIVAL, linewidth=2)
    others.set_xlim(0, max(one["times"][n] for one in models for n in (first, last)) * 1.15)
    for axes, labels in ((costs, names), (others, [""] * len(names))):
        axes.set_yticks(range(len(names)), labels)
        axes.invert_yaxis()
        axes.tick_params(length=0)
        axes.tick_params(axis="x", colors=_INK, labelsize=9)
        axes.grid(axis="x", color=_GRID, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[:].set_visible(False)
    cast(ConstrainedLayoutEngine, picture.get_layout_engine()).set(rect=(0.012, 0.03, 0.976, 0.94))  # a margin
    picture.legend(loc="outside lower left", ncols=2, frameon=False, fontsize=9)
    picture.text(0.985, 0.03, figures["run"], ha="right", va="bottom", fontsize=8)
    picture.savefig(file, facecolor="white", metadata={"Date": None} if file.suffix == ".svg" else None)
    pyplot.close(picture)


def publish(figures: Mapping[str, Any]) -> None:
    """Write the summary, the picture and README's table."""
    SUMMARY.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draw(figures, PICTURE)
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(before + BEGIN + table(figures) + END + after, encoding="utf-8")


if __name__ == "__main__":
    publish(json.loads(SUMMARY.read_text(encoding="utf-8")))
