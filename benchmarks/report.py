"""Tables for the console and one figure of the whole run."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.bounds import OURS, SESSIONS, Bound, above, ratio

_MARKS = {True: "[green]met[/]", False: "[red]not met[/]", None: "not measured"}
_OURS, _OTHERS = "#2f6fab", "#b8612c"
_RIVALS = ("bare", "counter", "library", "obvious", "service")


def tell(console: Console, results: Mapping[str, Any], bounds: Sequence[Bound]) -> None:
    """Print every figure, and the bounds last."""
    titles = {one["schema"]: f"{one['title']} ({one['engine']})" for one in results["contestants"]}
    floor = results["inserts"].get("floor", {})
    rows = []
    for group in ("inserts", "inserts_by_psycopg"):
        for schema, rates in results[group].items():
            name = titles[schema] + (", Python client" if group == "inserts_by_psycopg" else "")
            rows.append([name, *(f for n in floor for f in _rate(rates.get(n), floor[n], paired=group == "inserts"))])
    heads = [head for n in floor for head in (f"inserts/s, {n} cl.", "÷ floor")]
    _print(console, "Inserts", ["", *heads], rows)
    first, memory, copied = (results[name] for name in ("first_insert_ms", "memory_mb", "copy"))
    rows = [
        [
            title,
            _number(statistics.median(first[schema]) if first.get(schema) else None, "{:,.1f}"),
            _number(above(first, schema), "{:+,.1f}"),
            _number(above(memory, schema), "{:+,.1f}"),
            _number(statistics.median(copied[schema].values()) if copied.get(schema) else None, "{:,.0f}"),
            _number(ratio(copied.get(schema), copied.get("floor")), "{:.3f}"),
        ]
        for schema, title in titles.items()
        if schema in first
    ]
    heads = ["", "first insert ms", "over floor", "memory MB over floor", "COPY rows/s", "÷ floor"]
    _print(console, "A new connection, and one COPY", heads, rows)
    if starts := results.get("python_start_ms"):
        console.print(f"Python's own start in a session, an empty function: {statistics.median(starts):.1f} ms")
    scans = results["many_rows"]
    rows = [
        [name, f"{(took := statistics.median(seconds.values())):.2f}", f"{scans['rows'] / took:,.0f}"]
        for name, seconds in scans["seconds"].items()
    ]
    _print(console, f"{scans['rows']:,} rows", ["", "seconds", "rows/s"], rows)
    rows = [
        [name, f"{one['rows']:,}", f"{one['unscored']:,}", f"{one['differing']:,}", f"{one['largest_difference']:.1e}"]
        for name, one in [
            *((titles[schema], one) for schema, one in results["fidelity"]["stored"].items()),
            *results["fidelity"]["scans"].items(),
            *((f"orbital {model}", one) for model, one in results["orbital"].items() if "rows" in one),
        ]
    ]
    _print(console, "Against scikit-learn", ["", "rows", "unscored", "off by > 1e-9", "largest"], rows)
    for model, one in results["orbital"].items():
        console.print(f"orbital {model}: {one.get('reason') or '{:,.1f} µs a row in a scan'.format(one['us_per_row'])}")
    rows = [[figure, _number(value, "{:,.2f}")] for figure, value in results["ceilings"].items()]
    _print(console, "Where nothing is computed", ["inserts/s", "measured"], rows)
    taken, left = results["functions_us"], results["left_us"]
    rows = [
        [
            titles[schema],
            _number(took["in a loop"], "{:,.1f}"),
            _number(took["cold"], "{:,.1f}"),
            *(_number(left.get(schema, {}).get(clients), "{:,.1f}") for clients in floor),
        ]
        for schema, took in taken.items()
    ]
    heads = ["µs of a function by itself", "in a loop", "cold", *(f"the bound leaves, {n} cl." for n in floor)]
    _print(console, "What Python takes, and what a bound leaves over a constant", heads, rows)
    rows = [
        [
            bound.figure,
            _number(bound.value, _digits(bound.value) + bound.unit),
            _number(bound.error, _digits(bound.value)) if bound.error is not None else "",
            f"{'≥' if bound.at_least else '≤'} {bound.bound:g}",
            _MARKS[bound.met],
        ]
        for bound in bounds
    ]
    _print(console, "The bounds", ["figure", "measured", "±", "bound", ""], rows)


def _rate(rates: Mapping[str, float] | None, floor: Mapping[str, float], *, paired: bool) -> Iterable[str]:
    return (
        _number(statistics.median(rates.values()) if rates else None, "{:,.0f}"),
        _number(_share(rates, floor, paired=paired), "{:.3f}"),
    )


def _digits(value: float | None) -> str:
    return "{:,.3f}" if value and value < 1 else "{:,.2f}" if value and value < 10 else "{:,.0f}"


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _print(console: Console, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left", title_style="bold cyan")
    for position, head in enumerate(heads):
        table.add_column(head, justify="right" if position else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print()
    console.print(table)


def draw(results: Mapping[str, Any], file: Path) -> None:
    """Write the figure: four panels, dbml in blue, what else one could do in brown, a black mark for each bound."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, ((inserts, first), (memory, many)) = pyplot.subplots(2, 2, figsize=(15, 11), layout="constrained")
    names = {one["schema"]: one["schema"].replace("_", " ") for one in results["contestants"]}
    floor = results["inserts"]["floor"]
    least = dict(OURS.values())
    ratios = [
        Bar(
            f"{name}{', Python client' if group == 'inserts_by_psycopg' else ''}, {clients}",
            _share(results[group].get(schema, {}).get(clients), floor[clients], paired=group == "inserts"),
            schema.startswith(_RIVALS),
            least.get(schema) if group == "inserts" else None,
        )
        for group in ("inserts", "inserts_by_psycopg")
        for schema, name in names.items()
        for clients in floor
    ]
    _bars(inserts, "inserts/s ÷ the floor (contestant, clients)", ratios, "{:.3f}", least=0.001)
    panels = (
        (first, "first insert in a new connection, ms over the floor's", "first_insert_ms", 0, 1.0),
        (memory, "memory a session adds, MB over the floor's", "memory_mb", 1, 0.1),
    )
    for axes, title, group, place, smallest in panels:
        bars = [
            Bar(name, above(results[group], s), s.startswith(_RIVALS), SESSIONS[s][place] if s in SESSIONS else None)
            for s, name in names.items()
            if s != "floor"
        ]
        _bars(axes, title, bars, "{:,.1f}", least=smallest)
    rows = results["many_rows"]["rows"]
    speeds = [
        Bar(name, rows / statistics.median(seconds.values()), "fetch" in name)
        for name, seconds in sorted(results["many_rows"]["seconds"].items(), key=lambda item: item[0].split()[-1])
    ]
    _bars(many, f"{rows:,} rows at once, rows/s", speeds, "{:,.0f}", least=1.0)
    quick = "; a quick run: do not quote" if results["quick"] else ""
    figure.suptitle(f"make bench: {results['environment']['cores']} cores, {results['environment']['server']}{quick}")
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


def _share(rates: Mapping[str, float] | None, floor: Mapping[str, float], *, paired: bool) -> float | None:
    # Other clients had rounds of their own.
    if paired or not rates:
        return ratio(rates, floor)
    return statistics.median(rates.values()) / statistics.median(floor.values())


@dataclass(frozen=True)
class Bar:
    """One bar of a panel."""

    name: str
    value: float | None
    rival: bool = False
    bound: float | None = None


def _bars(axes: Any, title: str, bars: Sequence[Bar], form: str, least: float) -> None:
    """Draw a panel.

    :param least: what a smaller value is drawn as: a difference may be below nothing, and the axis is logarithmic.
    """
    from matplotlib.ticker import NullFormatter

    axes.set_title(title, fontsize=10)
    known = [(bar, max(bar.value, least)) for bar in bars if bar.value is not None]
    if not known:
        axes.set_axis_off()
        return
    colors = [_OTHERS if bar.rival else _OURS for bar, _ in known]
    drawn = axes.barh(range(len(known)), [value for _, value in known], color=colors)
    axes.bar_label(drawn, [form.format(bar.value) for bar, _ in known], padding=3, fontsize=8)
    for place, (bar, _) in enumerate(known):
        if bar.bound is not None:
            axes.plot([bar.bound] * 2, [place - 0.45, place + 0.45], color="black", linewidth=2)
    ends = [end for bar, value in known for end in (value, bar.bound or value)]
    axes.set_xscale("log")
    axes.set_xlim(min(ends) / 2, max(ends) * 4)
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks(range(len(known)), [bar.name for bar, _ in known])
    axes.invert_yaxis()
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
