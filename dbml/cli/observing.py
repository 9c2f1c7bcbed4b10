"""Commands for what was predicted and what came true."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

import dbml
from dbml.cli.parameters import FilePath
from dbml.cli.shared import connect, dsn_option, json_option, print_rows, version_number


@click.command("forget")
@dsn_option
@click.argument("table")
@click.argument("key", nargs=-1, required=True)
def forget_command(dsn: str | None, table: str, key: tuple[str, ...]) -> None:
    """Erase an entity's log and failures.

    These are its logged predictions with their features. KEY has a value for each column of the key of TABLE.
    """
    with connect(dsn) as connection:
        erased = dbml.forget(connection, table, key)
    click.echo(f"{erased} rows about {', '.join(key)} of {table} are erased.")


@click.command("performance")
@dsn_option
@json_option
@click.argument("name")
@click.option("--by", metavar="WHAT", help="version, arm, day, or a column of the profile.")
@click.option("--as-of", metavar="TIME", help="What was known then.")
@click.option("--estimated", metavar="INTERVAL", help="By version, as if the last INTERVAL's scores were calibrated.")
def performance_command(
    dsn: str | None, as_json: bool, name: str, by: str | None, as_of: str | None, estimated: str | None
) -> None:
    """Judge predictions by what came true.

    Only those count that are older than the outcome's horizon. With --estimated nothing needs to have come true.
    """
    with connect(dsn) as connection:
        if estimated is not None:
            found = dbml.estimated_performance(connection, name, window=estimated, as_of=as_of)
            print_rows(found, ("version", "n", "auc", "log_loss", "brier", "accuracy", "mean_score"), as_json)
            return
        rows = dbml.performance(connection, name, by=by, as_of=as_of)
    group = () if by is None else (by if by in ("version", "arm", "day") else "segment",)
    measures = ("auc", "log_loss", "brier", "accuracy", "mae", "rmse", "bias", "mean_score", "mean_outcome")
    print_rows(rows, (*group, "n", *(m for m in measures if any(row[m] is not None for row in rows))), as_json)


@click.command("drift")
@dsn_option
@json_option
@click.argument("name", metavar="NAME[@V]")
@click.option("--window", default="1 day", show_default=True, metavar="INTERVAL", help="Ends with the running hour.")
@click.option("--by", metavar="COLUMN", help="Segments, by a column of the profile.")
@click.option("--as-of", metavar="TIME", help="The window ends then.")
@click.option("--plot", type=FilePath(), metavar="FILE", help="Draw the histograms, as .svg or .png.")
@click.option("--quality", is_flag=True, help="By outcomes: does it predict worse than in its first time?")
@click.option("--baseline", default="7 days", show_default=True, metavar="INTERVAL", help="With --quality: its length.")
def drift_command(
    dsn: str | None,
    as_json: bool,
    name: str,
    window: str,
    by: str | None,
    as_of: str | None,
    plot: Path | None,
    quality: bool,
    baseline: str,
) -> None:
    """Compare what is logged with the reference.

    The exit status is 1 if something has drifted in this window and in the one before; with --quality, if predictions
    have become worse.
    """
    model, version = version_number(name) if "@" in name else (name, None)
    with connect(dsn) as connection:
        if quality:
            rows = dbml.quality_drift(connection, model, baseline=baseline, as_of=as_of, version=version)
            print_rows(
                rows, ("judged", "n_before", "loss_before", "n", "loss", "low", "high", "state", "says"), as_json
            )
            sys.exit(rows[0]["state"] == "alert")
        if plot is not None:
            from dbml.observing import histograms

            histograms.plot(connection, model, plot, window=window, version=version)
        rows = dbml.drift(connection, model, by=by, window=window, as_of=as_of, version=version)
    segment = ("segment",) if by else ()
    columns = (*segment, "feature", "statistic", "value", "threshold", "n", "state", "says")
    print_rows(rows, columns, as_json)
    if any(row["state"] == "alert" for row in rows):
        sys.exit(1)


@click.command("alerts")
@dsn_option
@json_option
@click.option("--closed", is_flag=True, help="Those that are over as well.")
@click.option("--acknowledge", type=int, metavar="ID", help="Say that you are at it.")
def alerts_command(dsn: str | None, as_json: bool, closed: bool, acknowledge: int | None) -> None:
    """List what somebody should look at."""
    with connect(dsn) as connection:
        if acknowledge is not None:
            dbml.acknowledge(connection, acknowledge)
        rows = dbml.alerts(connection, closed=closed)
    print_rows(rows, ("id", "model", "cause", "says", "opened_at", "acknowledged_by", "closed_at"), as_json)


@click.command("metrics")
@dsn_option
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="Answer scrapes there; 0: any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Of the port.")
def metrics_command(dsn: str | None, port: int | None, host: str) -> None:
    """Print metrics, or serve them to Prometheus."""
    from dbml.observing import metrics

    if port is None:
        with connect(dsn) as connection:
            click.echo(metrics.exposition(connection), nl=False)
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server, thread = metrics.serve(dsn, port, host)
    click.echo(f"metrics at http://{host}:{server.server_port}/metrics")
    try:
        thread.join()
    except KeyboardInterrupt:
        server.shutdown()
        click.echo("stopped.")


@click.command("report")
@dsn_option
@click.argument("name")
@click.option(
    "-o",
    "--output",
    "file",
    required=True,
    metavar="FILE.html",
    type=FilePath(dir_okay=False, writable=True),
)
@click.option("--window", default="1 day", show_default=True, metavar="INTERVAL", help="Of drift.")
@click.option("--since", default="30 days", show_default=True, metavar="INTERVAL", help="Of scores and quality.")
def report_command(dsn: str | None, name: str, file: Path, window: str, since: str) -> None:
    """Write one page about a model.

    The file needs nothing else: it works offline, and prints well.
    """
    with connect(dsn) as connection:
        page = dbml.report(connection, name, window=window, since=since)
    file.write_text(page, encoding="utf-8")
    click.echo(f"{file} is written.")
