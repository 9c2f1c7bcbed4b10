"""Commands for stored versions."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import dbml
from dbml.cli.parameters import FilePath
from dbml.cli.shared import (
    connect,
    dsn_option,
    json_option,
    key_option,
    named_number,
    named_type,
    print_json,
    print_rows,
    trust_option,
    version_number,
)
from dbml.models.engines import ENGINES
from dbml.models.formats import FORMATS

if TYPE_CHECKING:
    from dbml.models.version import Version

# What `dbml model show` does not print in a line of its own.
_APART = ("features", "training_summary", "parity", "cost")

engine_option = click.option(
    "--engine",
    default="auto",
    metavar="|".join(("auto", *ENGINES)),
    help="How it runs; auto: the fastest that is exact.",
)


@click.group("model")
def model_group() -> None:
    """Add versions of models, look at them, and write them as files."""


@model_group.command("add")
@dsn_option
@click.argument("name")
@click.argument("file", type=FilePath(), required=False)
@click.option(
    "--from", "place", metavar="PLACE", help="In place of FILE: mlflow:models:/NAME/V or mlflow:runs:/ID/model"
)
@click.option(
    "--sample",
    type=FilePath(),
    metavar="ROWS",
    help="Rows of the features, for their types and as golden rows: CSV, Parquet, or a pickled frame.",
)
@click.option(
    "--types",
    multiple=True,
    metavar="NAME=TYPE",
    help="A feature's type where model and sample leave it open: float, float32, integer, boolean, text or category.",
)
@engine_option
@click.option(
    "--output", metavar="LABEL|value", help="Class whose probability is the score; value: what predict answers."
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME=NUMBER",
    help="A figure from training, such as auc=0.91; may be repeated.",
)
@click.option("--note", help="Why this version exists.")
@trust_option
@key_option
def model_add(
    dsn: str | None,
    name: str,
    file: Path | None,
    place: str | None,
    sample: Path | None,
    types: tuple[str, ...],
    engine: str,
    output: str | None,
    metrics: tuple[str, ...],
    note: str | None,
    trust: tuple[str, ...],
    key: Path | None,
) -> None:
    """Store FILE of a fitted model as a new version of NAME.

    FILE is of joblib, skops, ONNX, PMML, H2O (zip), XGBoost (json, ubj), LightGBM (txt) or CatBoost (cbm, json). The
    version is checked inside the server, and signed. A joblib file is unpickled on this machine, and unpickling runs
    code: give only files that you would run. So is a sample that is a pickled frame.
    """
    if (file is None) == (place is None):
        raise click.UsageError("Give FILE, or --from PLACE.")
    said = dict(named_number(metric) for metric in metrics)
    told = dict(named_type(each) for each in types)
    asked: dict[str, Any] = {"output": output, "engine": engine, "trust": trust, "key": key}
    with connect(dsn) as connection, ExitStack() as stack:
        if place is None:
            asked |= {"model": file, "sample": sample, "types": told, "metrics": said, "note": note}
        else:
            from dbml.models.mlflow import fetched

            found = stack.enter_context(fetched(place))
            asked |= {
                "model": found.file,
                "sample": sample if sample is not None else found.sample,
                "types": {**found.types, **told},
                "metrics": {**found.metrics, **said},
                "note": note or found.note,
            }
        version = dbml.add_model(connection, name, **asked)
    if version.already_there:
        click.echo(f"{version} is this very artifact already, engine {version.engine}.")
    else:
        click.echo(f"{version} added, engine {version.engine}; its score is {version.scored}.")
        click.echo(f"Next: dbml deploy {version}")
    for notice in version.notices:
        click.echo(f"Note: {notice}.")


@model_group.command("tune")
@dsn_option
@click.argument("version", metavar="NAME@V")
@engine_option
def model_tune(dsn: str | None, version: str, engine: str) -> None:
    """Choose a version's engine anew.

    Each engine that may run it is tried in the server as it is now: after an upgrade, or once PL/Python is there.
    """
    with connect(dsn) as connection:
        tuned = dbml.tune(connection, *version_number(version), engine=engine)
    if tuned.engine == tuned.before:
        click.echo(f"{tuned} stays on engine {tuned.engine}.")
    else:
        click.echo(f"{tuned} runs on engine {tuned.engine} from now on, and no longer on {tuned.before}.")
    _print_trial(tuned)
    for notice in tuned.notices:
        click.echo(f"Note: {notice}.")


@model_group.command("remove")
@dsn_option
@click.argument("version", metavar="NAME@V")
def model_remove(dsn: str | None, version: str) -> None:
    """Forget a version that has never served."""
    with connect(dsn) as connection:
        dbml.remove_version(connection, *version_number(version))
    click.echo(f"{version} is removed.")


@model_group.command("list")
@dsn_option
@json_option
@click.argument("name", required=False)
def model_list(dsn: str | None, name: str | None, as_json: bool) -> None:
    """List the stored versions, of every model or of NAME."""
    with connect(dsn) as connection:
        rows = dbml.versions(connection, name)
    print_rows(
        rows,
        (
            "name",
            "version",
            "engine",
            "deployed",
            "estimator",
            "bytes",
            "created_at",
            "created_by",
            "signed_by",
            "metrics",
            "git_revision",
            "note",
        ),
        as_json,
    )


@model_group.command("show")
@dsn_option
@json_option
@click.argument("version", metavar="NAME@V")
@click.option("--plot", type=FilePath(), metavar="FILE", help="Draw what it was made with: .svg or .png.")
def model_show(dsn: str | None, version: str, as_json: bool, plot: Path | None) -> None:
    """Show one version: features, output, engines, cost, training."""
    name, number = version_number(version)
    with connect(dsn) as connection:
        found = dbml.show(connection, name, number)
        if plot is not None:
            from dbml.observing import histograms

            histograms.plot(connection, name, plot, version=number)
    if as_json:
        print_json(found)
        return
    summary = found.training_summary or {}
    for key, value in dict(found).items():
        if key not in _APART:
            said = ", ".join(value) or "nobody" if isinstance(value, list) else value
            click.echo(f"{key:16} {json.dumps(said) if isinstance(said, dict) else said}")
    click.echo(f"{'trained on':16} {summary.get('rows', 'no sample given')}")
    _print_trial(found)
    for feature in found.features:
        seen = summary.get("features", {}).get(feature["name"], {})
        click.echo(f"  {feature['name']:36} {feature['kind']:8} {json.dumps(seen)[:90] if seen else ''}")


def _print_trial(version: Version) -> None:
    for engine, report in version.parity.items():
        click.echo(f"{'engine':16} {engine:8} {_outcome(report, version.cost.get(engine))}")


def _outcome(report: dict[str, Any], cost: dict[str, Any] | None) -> str:
    """One engine's parity and cost in a line."""
    if report["error"] and not report["rows"]:
        return str(report["error"])
    said = f"{report['rows']} rows, {report['differing']} differ, by {report['largest_difference']:.3g} at most"
    if cost is None:
        return said
    memory = "" if cost["memory_kb"] is None else f", {cost['memory_kb'] / 1024:.1f} MB a session"
    return f"{said}; first score {cost['cold_us'] / 1000:.1f} ms, then {cost['warm_us']:.1f} µs a row{memory}"


@model_group.command("diff")
@dsn_option
@json_option
@click.argument("one", metavar="NAME@1")
@click.argument("other", metavar="NAME@2")
def model_diff(dsn: str | None, as_json: bool, one: str, other: str) -> None:
    """Compare two versions: features, plan, scores of golden rows."""
    (name, first), (other_name, second) = version_number(one), version_number(other)
    if name != other_name:
        raise click.UsageError(f"{one} and {other} are not versions of one model")
    with connect(dsn) as connection:
        found = dbml.diff(connection, name, first, second)
    if as_json:
        print_json(found)
        return
    for what, names in found.features.items():
        if names:
            click.echo(f"features {what}: {', '.join(names)}")
    for what, (before, after) in found.differing.items():
        click.echo(f"{what}: {before} → {after}")
    if found.same_plan:
        click.echo("The plans are the same.")
    click.echo(
        f"{found.moved} of {found.rows} golden rows move, by {found.largest_move:.3g} at most, "
        f"{found.mean_move:.3g} on average"
    )
    if found.worst:
        worst = found.worst
        click.echo(f"the furthest, {worst['one_score']} → {worst['other_score']}: {json.dumps(worst['features'])}")


@model_group.command("verify")
@dsn_option
@json_option
@click.argument("version", metavar="NAME@V")
def model_verify(dsn: str | None, version: str, as_json: bool) -> None:
    """Score the golden rows again, in the server.

    The answers are compared with scikit-learn's own; the exit status is 1 if one differs.
    """
    with connect(dsn) as connection:
        report = dbml.verify(connection, *version_number(version))
    if as_json:
        print_json(report)
    elif report.error:
        click.echo(f"{version} cannot be scored: {report.error}", err=True)
    else:
        click.echo(
            f"{version}: {report.rows} golden rows, {report.differing} differ, "
            f"largest difference {report.largest_difference:.3g}"
        )
    if report.differing or report.error:
        sys.exit(1)


@model_group.command("export")
@dsn_option
@click.argument("version", metavar="NAME[@V]")
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), help="Left out: by FILE's suffix, else as it was added."
)
@click.option("-o", "--output-file", type=FilePath(), required=True, metavar="FILE")
@click.option("--schema", default="scorer", show_default=True, help="Schema of the functions of an SQL export.")
@click.option(
    "--profile", metavar="TABLE", help="js and python: also reduce(), which moves the counters of this table."
)
@trust_option
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def model_export(
    dsn: str | None,
    version: str,
    form: str | None,
    output_file: Path,
    schema: str,
    profile: str | None,
    trust: tuple[str, ...],
    force: bool,
) -> None:
    """Write a version as a file, checked before it is written.

    Without @V it is the deployed version.
    """
    from dbml.models import versions

    with connect(dsn) as connection:
        name, number = version_number(version) if "@" in version else (version, versions.deployed(connection, version))
        beside = None
        if profile is not None:
            features = [feature["name"] for feature in dbml.show(connection, name, number).features]
            beside = dbml.reducer(connection, profile, features).texts
        form, size = dbml.export_file(
            connection, name, number, output_file, form, schema=schema, trust=trust, beside=beside, force=force
        )
    click.echo(f"{name}@{number} written to {output_file} as {form}, {size} bytes.")
