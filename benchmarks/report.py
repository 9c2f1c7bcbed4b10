"""Tables for the console and one figure of the whole run."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.bounds import Bound, above, ratio

_MARKS = {True: "[green]met[/]", False: "[red]not met[/]", None: "not measured"}
_OURS, _OTHERS = "#2f6fab", "#b8612c"


def tell(console: Console, results: Mapping[str, Any], bounds: Sequence[Bound]) -> None:
    """Print every figure, and the bounds last."""
    titles = {one["schema"]: f"{one['title']} ({one['engine']})" for one in results["contestants"]}
    floor = results["inserts"].get("floor", {})
    rows = []
    for group in ("inserts", "inserts_by_psycopg"):
        for schema, rates in results[group].items():
            name = titles[schema] + (", Python client" if group == "inserts_by_psycopg" else "")
            rows.append([name, *(f for n in floor for f in _rate(rates.get(n), floor[n]))])
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
    rows = [
        [
            bound.figure,
            _number(bound.value, ("{:,.2f}" if bound.value and bound.value < 10 else "{:,.0f}") + bound.unit),
            f"{'≥' if bound.at_least else '≤'} {bound.bound:g}",
            _MARKS[bound.met],
        ]
        for bound in bounds
    ]
    _print(console, "The bounds", ["figure", "measured", "bound", ""], rows)


def _rate(rates: Mapping[str, float] | None, floor: Mapping[str, float]) -> Iterable[str]:
    return (
        _number(statistics.median(rates.values()) if rates else None, "{:,.0f}"),
        _number(ratio(rates, floor), "{:.3f}"),
    )


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
    """Write the figure: four panels, on each what dbml does in blue and what else one could do in brown."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, ((inserts, first), (memory, many)) = pyplot.subplots(2, 2, figsize=(15, 10), layout="constrained")
    names = {one["schema"]: one["schema"].replace("_", " ") for one in results["contestants"]}
    floor = results["inserts"]["floor"]
    shown = {
        f"{names[schema]}{', Python client' if group == 'inserts_by_psycopg' else ''}, {n}": (
            schema,
            ratio(results[group][schema].get(n), floor[n]),
        )
        for group in ("inserts", "inserts_by_psycopg")
        for schema in results[group]
        for n in floor
    }
    _bars(inserts, "inserts/s ÷ the floor (contestant, clients)", shown, "{:.3f}")
    inserts.axvline(1.0, color="grey", linewidth=0.8)
    _bars(
        first,
        "first insert in a new connection, ms over the floor's",
        {names[s]: (s, above(results["first_insert_ms"], s)) for s in results["first_insert_ms"] if s != "floor"},
        "{:,.1f}",
    )
    _bars(
        memory,
        "memory a session adds, MB over the floor's",
        {names[s]: (s, above(results["memory_mb"], s)) for s in results["memory_mb"] if s != "floor"},
        "{:,.1f}",
    )
    rows = results["many_rows"]["rows"]
    _bars(
        many,
        f"{rows:,} rows at once, rows/s",
        {
            name: (
                "obvious" if "Python" in name or "fetch" in name else "dbml",
                rows / statistics.median(seconds.values()),
            )
            for name, seconds in results["many_rows"]["seconds"].items()
        },
        "{:,.0f}",
    )
    figure.suptitle(f"make bench: {results['environment']['cores']} cores, {results['environment']['server']}")
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


def _bars(axes: Any, title: str, shown: Mapping[str, tuple[str, float | None]], form: str) -> None:
    known = {name: (schema, value) for name, (schema, value) in shown.items() if value is not None}
    if not known:
        axes.set_axis_off()
        return
    # A difference may come out below nothing, which a logarithmic axis cannot show.
    values = [max(value, 0.001) for _, value in known.values() if value is not None]
    colors = [_OTHERS if schema.startswith(("obvious", "service")) else _OURS for schema, _ in known.values()]
    bars = axes.barh(list(known), values, color=colors)
    axes.bar_label(bars, [form.format(value) for _, value in known.values()], padding=3, fontsize=8)
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 2, max(values) * 4)
    axes.invert_yaxis()
    axes.tick_params(labelsize=8)
    axes.set_title(title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
