"""The command that says why a row has its score."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

import dbml
from dbml.cli.parameters import FilePath
from dbml.cli.shared import connect, dsn_option, json_option, print_json


@click.command("explain")
@dsn_option
@json_option
@click.argument("name", metavar="NAME[@V]")
@click.option("--key", multiple=True, metavar="KEY", help="Of a row of the profile; once for each column of its key.")
@click.option("--rows", type=FilePath(), metavar="CSV", help="A file of features: explains each row.")
@click.option("--table", help="What matters over this table. Default: the profile, where no row is named.")
@click.option("--scale", type=click.Choice(["margin", "probability"]), default="margin", show_default=True)
@click.option("--plot", type=FilePath(), metavar="FILE", help="A picture: .png, .svg or .pdf")
def explain_command(
    dsn: str | None,
    as_json: bool,
    name: str,
    key: tuple[str, ...],
    rows: Path | None,
    table: str | None,
    scale: str,
    plot: Path | None,
) -> None:
    """Say why a row has its score, or what matters over many.

    Base and contributions add up to the margin, or to the probability. Without
    a row: the mean size of each feature's contributions over the profile.
    """
    if bool(key) + (rows is not None) + (table is not None) > 1:
        raise click.UsageError("say one of --key, --rows and --table")
    from dbml.observing import waterfall

    with connect(dsn) as connection:
        if not key and rows is None:
            found = dbml.importance(connection, name, table, scale=scale)
            if plot:
                waterfall.plot_importance(name, scale, found, plot)
            print_json(found) if as_json else click.echo(waterfall.bars(found))
            return
        given = _read(rows, dbml.versions(connection, name.partition("@")[0])[-1].features) if rows else [None]
        explained = [dbml.explain(connection, name, features, key=key, scale=scale) for features in given]
    if plot and len(explained) != 1:
        raise click.UsageError("--plot draws one row")
    if plot:
        waterfall.plot(explained[0], plot)
    if as_json:
        print_json([one.as_json() for one in explained])
    else:
        click.echo("\n\n".join(map(waterfall.text, explained)))


def _read(file: Path, features: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a file, as JSON has them; what is empty is unknown."""
    kinds = {feature["name"]: feature["kind"] for feature in features}

    def value(name: str, text: str) -> Any:
        if text == "":
            return None
        if kinds[name] == "text":
            return text
        try:
            return {"true": True, "false": False}.get(text.lower()) if kinds[name] == "boolean" else float(text)
        except ValueError:
            return text  # the server says what is wrong

    try:
        with open(file, newline="", encoding="utf-8-sig") as lines:
            return [{name: value(name, row[name]) for name in kinds if name in row} for row in csv.DictReader(lines)]
    except (OSError, UnicodeError, csv.Error) as error:
        raise dbml.DbmlError(
            f"cannot read {file}: {error}", "Give a CSV file with a column for each feature."
        ) from error
