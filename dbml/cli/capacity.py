"""Commands that say what a server bears."""

from __future__ import annotations

import re
from pathlib import Path

import click

from dbml.cli.parameters import FilePath, NumberRange
from dbml.cli.shared import dsn_option, json_option, named_number, print_json, print_rows

TIMES = ("p50", "p90", "p99", "p999", "max", "service_p50", "service_p99")


@click.command("loadtest")
@dsn_option
@json_option
@click.argument("table", required=False)
@click.option("--rate", default=100.0, show_default=True, type=NumberRange(0.1), help="Events a second.")
@click.option("--burst", default=1.0, show_default=True, type=NumberRange(1, 10), help="Times the rate, a tenth.")
@click.option("--skew", default=0.0, show_default=True, type=NumberRange(0), help="Zipf's exponent; 0: all alike.")
@click.option("--duration", default=30.0, show_default=True, type=NumberRange(0.2), help="Seconds of each arm.")
@click.option("--clients", default=8, show_default=True, type=click.IntRange(1, 1000), help="Sessions.")
@click.option("--mix", "weights", multiple=True, metavar="TABLE=SHARE", help="Of events; else as many as there are.")
@click.option("--statement", metavar="SQL", help="Instead of inserts; the key's columns are %(NAME)s.")
@click.option("--with-only", is_flag=True, help="Leave out the part without dbml.")
@click.option("--seed", default=0, show_default=True, help="The same seed draws the same events.")
@click.option("--plot", type=FilePath(), metavar="FILE", help="Draw it, as .svg or .png.")
@click.option("--write", is_flag=True, help="Yes, write to this database.")
def loadtest_command(
    dsn: str | None,
    as_json: bool,
    table: str | None,
    rate: float,
    burst: float,
    skew: float,
    duration: float,
    clients: int,
    weights: tuple[str, ...],
    statement: str | None,
    with_only: bool,
    seed: int,
    plot: Path | None,
    write: bool,
) -> None:
    """Insert events at a rate, and say how long they take.

    It WRITES to the database, which must be a copy whose owner has said so. TABLE is the profile. Latency counts from
    when an event should have begun, so that a server that stands still hides nothing.
    """
    from dbml.capacity.loadtest import Load, loadtest

    if plot is not None:
        from dbml.capacity import picture

        picture.require(plot)
    shares = dict(named_number(weight) for weight in weights)
    load = Load(rate, duration, clients, burst, skew, shares, statement, seed)
    report = loadtest(dsn, table, load, write=write, bare=not with_only)
    if plot is not None:
        picture.plot(report, plot)
    if as_json:
        print_json(
            {
                "database": report.database,
                "profile": report.profile,
                "events": report.events,
                "load": vars(load),
                "arms": report.arms,
            }
        )
        return
    shown = [
        {c: f"{arm[c]:.2f}" if c in TIMES and arm[c] is not None else arm[c] for c in arm.keys()}  # noqa: SIM118
        for arm in report.arms
    ]
    print_rows(shown, ("arm", "n", "rate", *TIMES, "failed", "unsent"), False)
    click.echo("Milliseconds from the intended start; service_… from the real one.")
    for arm in report.arms:
        for state, count in arm.failures.items():
            click.echo(f"{arm.arm} dbml: {count} statements failed with SQLSTATE {state}.")
        if arm.unsent:
            click.echo(f"{arm.arm} dbml: the server cannot keep up; {arm.unsent} events were never begun.")
    if not with_only:
        click.echo(f"Counters lack the events of the part without dbml: dbml reconcile {report.profile} --repair")


SCALES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
SECONDS = {"": 1, "/s": 1, "/min": 60, "/h": 3600, "/day": 86400}


def _amount(context: click.Context, parameter: click.Parameter, value: str) -> float:
    """Read a number such as ``5M``, or a rate such as ``2000/s``, which becomes one a second."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kMG]?)((?:/(?:s|min|h|day))?)", value)
    if found is None or (found[3] and parameter.name != "events"):
        example = "2000/s or 5M/day" if parameter.name == "events" else "5M or 200k"
        raise click.BadParameter(f"{value} is not a number such as {example}")
    return float(found[1]) * SCALES[found[2]] / SECONDS[found[3]]


@click.command("size")
@dsn_option
@json_option
@click.option("--profiles", required=True, callback=_amount, metavar="N", help="Rows of the profile, as 5M.")
@click.option("--events", required=True, callback=_amount, metavar="N", help="A second, as 2000/s; or /min, /h, /day.")
@click.option("--model", required=True, metavar="NAME", help="The profile is the one that it scores.")
@click.option("--connections", type=click.IntRange(1), help="Sessions; else as many as the rate needs.")
@click.option("--days", default=30.0, show_default=True, type=NumberRange(0), help="Events and log are kept.")
@click.option("--write", is_flag=True, help="Yes, write to this database.")
def size_command(
    dsn: str | None,
    as_json: bool,
    profiles: float,
    events: float,
    model: str,
    connections: int | None,
    days: float,
    write: bool,
) -> None:
    """Say what a load needs, by a short measurement.

    It WRITES some thousand events to the database, which must be a copy whose owner has said so, on a server like the
    one to be.
    """
    from dbml.capacity.formula import Demand
    from dbml.capacity.size import size

    found = size(dsn, model, Demand(profiles, events, connections, days), write=write)
    if as_json:
        print_json(
            {
                "database": found.database,
                "profile": found.profile,
                "measured": found.measured,
                "needs": [vars(need) for need in found.needs],
            }
        )
        return
    rows = [{"need": n.need, "value": _readable(n.value, n.unit), "formula": n.formula} for n in found.needs]
    print_rows(rows, ("need", "value", "formula"), False)
    if found.measured.by_time:
        click.echo("The server does not tell processor time: cores are computed from the time elapsed, and too many.")


def _readable(value: float, unit: str) -> str:
    if unit.startswith("bytes"):
        scale = next((s for s in ("TB", "GB", "MB", "kB") if value >= 1024 ** (" kMGT".index(s[0]))), "kB")
        return f"{value / 1024 ** ' kMGT'.index(scale[0]):.1f} {unit.replace('bytes', scale)}"
    return f"{value:.2f} {unit}" if value % 1 else f"{value:.0f} {unit}"
