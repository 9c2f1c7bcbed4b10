"""Commands that make a model again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import dbml
from dbml.cli.parameters import FilePath, NumberRange
from dbml.cli.shared import connect, dsn_option, json_option, note_option, print_json, print_rows, table_moment

if TYPE_CHECKING:
    from dbml.training.retraining import Trained

_recipe_option = click.option(
    "--recipe", required=True, metavar="FILE", type=FilePath(), help="TOML; docs/training.md has one."
)
_as_of_option = click.option("--as-of", metavar="TIME", help="What was known then.")


_mlflow_option = click.option(
    "--mlflow", "experiment", metavar="EXPERIMENT", help="Log it to that experiment of MLflow."
)


@click.command("dataset")
@dsn_option
@click.argument("name")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=FilePath(),
    help=".parquet or .csv; .sql: the query",
)
@_as_of_option
@click.option("--since", metavar="NAME@V", help="Only what has become known since that version was trained.")
@click.option(
    "--old", type=NumberRange(0, 1), default=0.0, metavar="SHARE", help="With --since: mix in so much of the old."
)
@click.option(
    "--history",
    "moments",
    multiple=True,
    metavar="TABLE=MOMENT",
    help="Count features again from these events, where no log is.",
)
@click.option("--every", metavar="INTERVAL", help="With --history: the whole profile so often, not at each event.")
@click.option("--at", multiple=True, metavar="TIME", help="With --history: the whole profile at that time.")
@click.option("--unchanged", multiple=True, metavar="COLUMN", help="With --history: a column that never changes.")
def dataset_command(
    dsn: str | None,
    name: str,
    output: Path,
    as_of: str | None,
    since: str | None,
    old: float,
    moments: tuple[str, ...],
    every: str | None,
    at: tuple[str, ...],
    unchanged: tuple[str, ...],
) -> None:
    """Write the training set of a model to a file.

    It has a row for each logged prediction whose outcome is known, with the features as they were then. With --history
    there are rows for the time before the log as well; a FILE.sql is given the query for those, to be run by psql.
    """
    from dbml.training.dataset import history_query, write
    from dbml.training.past import History

    if (every or at or unchanged) and not moments:
        raise click.UsageError("--every, --at and --unchanged are about a history: give --history as well.")
    if every and at:
        raise click.UsageError("--every and --at both say when: give one of them.")
    history = History(dict(table_moment(text) for text in moments), unchanged, every, at) if moments else None

    if old and since is None:
        raise click.UsageError("--old says what is mixed into what is new: give --since as well.")
    number = None
    if since is not None:
        model, _, version = since.rpartition("@")
        if model != name or not version.isdigit():
            raise click.BadParameter(f"{since!r} is no version of {name}; write {name}@1", param_hint="--since")
        number = int(version)
    if output.suffix == ".sql":
        if history is None or since is not None:
            raise click.UsageError(
                "a query is about a history: give --history, and not --since; of the log: dbml.training_set()"
            )
        with connect(dsn) as connection:
            output.write_text(history_query(connection, name, history, as_of=as_of))
        click.echo(f"the query: {output}")
        return
    with connect(dsn) as connection:
        found = dbml.dataset(connection, name, as_of=as_of, since=number, old=old, history=history)
    write(found, output)
    click.echo(f"{len(found.rows)} rows, sha256 {found.sha256}: {output}")


@click.command("train")
@dsn_option
@json_option
@click.argument("name")
@_recipe_option
@_as_of_option
@note_option
@_mlflow_option
def train_command(
    dsn: str | None, as_json: bool, name: str, recipe: Path, as_of: str | None, note: str | None, experiment: str | None
) -> None:
    """Fit a new version by a recipe and store it.

    Nothing begins to serve; dbml deploy does that.
    """
    from dbml.training.recipe import read

    said = read(recipe)
    with connect(dsn) as connection:
        trained = dbml.train(connection, name, said, as_of=as_of, note=note)
    _tell(trained, as_json)
    if experiment is not None:
        from dbml.models.mlflow import log
        from dbml.training.retraining import estimator_of

        tags = {"dbml.model": name, "dbml.version": trained.version, "dbml.dataset": trained.sha256}
        with connect(dsn) as connection:
            estimator = estimator_of(connection, trained)
        log(experiment, f"{name}@{trained.version}", said.as_dict(), trained.measures, tags, estimator, trained.inputs)


@click.command("retrain")
@dsn_option
@json_option
@click.argument("name")
@_recipe_option
@_as_of_option
@note_option
@click.option("--if-due", is_flag=True, help="Only when [retrain] of the recipe says that it is time.")
def retrain_command(
    dsn: str | None, as_json: bool, name: str, recipe: Path, as_of: str | None, note: str | None, if_due: bool
) -> None:
    """Fit a new version, and let it serve if it is better.

    Both answer later predictions, which the new one was not fitted on. The exit status is 1 if it is not better.
    """
    from dbml.training.recipe import read

    if if_due and (as_of or note):
        raise click.UsageError("--if-due is about now, and says itself why: leave --as-of and --note out.")
    with connect(dsn) as connection:
        if if_due:
            found = dbml.retrain_due(connection, name, read(recipe))
        else:
            found = dbml.retrain(connection, name, read(recipe), as_of=as_of, note=note)
    if found is None:
        click.echo(f"{name} is not due.", err=as_json)
        return
    _tell(found, as_json)
    if found.version is None:
        sys.exit(1)


def _tell(trained: Trained, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        print_json(trained.as_dict())
        return
    measures = ", ".join(f"{name} {value:.4f}" for name, value in trained.measures.items())
    which = f"{trained.name}@{trained.version}" if trained.version else "the challenger"
    click.echo(f"{which}{' was there already' if trained.already_there else ''}: {measures} ({trained.rows} rows)")
    for group, known in trained.groups.items():
        said = ", ".join(f"{name} {value:.4f}" for name, value in known.items() if name != "rows")
        click.echo(f"  {group}: {said} ({known['rows']:.0f} rows)")
    for warning in trained.warnings:
        click.echo(f"Warning: {warning}.")
    for candidate, loss in trained.candidates.items():
        click.echo(f"  {candidate}: {loss:.4f} on the last rows before the test")
    if trained.verdict:
        click.echo(f"{trained.verdict.reason}.")
        rows: list[dict[str, Any]] = [asdict(one) for one in trained.verdict.differences]
        print_rows(rows, ("group", "entities", "mean", "low", "high"), False)
