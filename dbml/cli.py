"""The command line: thin commands over the Python API.

Exit status: 0 done, 1 refused or a check failed, 2 usage.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click
import psycopg
import rich.progress
from rich.console import Console
from rich.table import Table

from dbml import __doc__ as package_doc
from dbml import (
    attachment,
    comparison,
    database,
    deployment,
    doctor,
    errors,
    exports,
    online,
    reconciliation,
    registry,
    signing,
    spec,
    trust,
    upgrade,
)
from dbml.install import uninstall

DIFFERENCES_SHOWN = 50
Command = TypeVar("Command", bound=Callable[..., Any])


class _Group(click.Group):
    """Prints dbml's errors as a sentence and a hint, and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except errors.DbmlError as error:
            click.echo(f"dbml: {error.message}", err=True)
            if error.hint:
                click.echo(f"  hint: {error.hint}", err=True)
            ctx.exit(1)
        except psycopg.Error as error:
            click.echo(f"dbml: the server says: {error.diag.message_primary or error} ({error.sqlstate})", err=True)
            if error.diag.message_hint:
                click.echo(f"  hint: {error.diag.message_hint}", err=True)
            ctx.exit(1)


def _dsn(command: Command) -> Command:
    return click.option("--dsn", help="Server and database; else DBML_DSN, else libpq's environment.")(command)


def _json(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def _trust(command: Command) -> Command:
    return click.option(
        "--trust", multiple=True, metavar="TYPE", help="A type that a skops file may load; may be repeated."
    )(command)


def _key(command: Command) -> Command:
    return click.option(
        "--key",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Private key to sign with; else DBML_KEY, else the one in the user's configuration.",
    )(command)


@click.group(cls=_Group, help=package_doc, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dbml")
def main() -> None:
    """Entry point of ``dbml``."""


@main.command("demo")
@_dsn
@click.option("--keep", is_flag=True, help="Leave the server up and say how to look around.")
def demo_command(dsn: str | None, keep: bool) -> None:
    """Tell the whole story on a throwaway server, on real churn data."""
    from dbml import demo

    demo.run(dsn or os.environ.get("DBML_DSN"), keep)


@main.command("doctor")
@_dsn
@_json
def doctor_command(dsn: str | None, as_json: bool) -> None:
    """Tell what this server can run, what is missing, and the command that mends it."""
    with database.connect(dsn) as connection:
        findings = doctor.examine(connection)
    if as_json:
        _print_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            mark = "ok     " if finding.ok else "MISSING" if finding.needed else "note   "
            click.echo(f"{mark}  {finding.what}: {finding.found}")
            if finding.mend:
                click.echo(f"         mend: {finding.mend}")
    if any(finding.needed and not finding.ok for finding in findings):
        sys.exit(1)


@main.command("install")
@_dsn
@click.option("--python-path", metavar="DIR", help="Folder on the server with the packages PL/Python lacks.")
@click.option(
    "--artifact-limit",
    metavar="MB",
    type=click.IntRange(1, 512),
    help="Size that a model's file may have [512]; compressed, it may unfold to four times that.",
)
@_key
def install_command(dsn: str | None, python_path: str | None, artifact_limit: int | None, key: Path | None) -> None:
    """Create or upgrade the schema dbml, and trust the key of the one who does it."""
    with database.connect(dsn) as connection:
        done = upgrade.install(connection, python_path=python_path, artifact_limit=artifact_limit, key=key)
    click.echo(
        f"dbml is installed, revision {done['revision']}."
        if done["changed"]
        else f"dbml is up to date, revision {done['revision']}."
    )
    if not done["plpython"]:
        click.echo(
            "This server has no PL/Python for this role, so the engines portable and python are off: see dbml doctor."
        )
    for notice in done["notices"]:
        click.echo(f"Note: {notice}")


@main.command("uninstall")
@_dsn
def uninstall_command(dsn: str | None) -> None:
    """Remove the schema dbml; refused while something is attached."""
    with database.connect(dsn) as connection:
        uninstall(connection)
    click.echo("dbml is removed from this database.")


@main.group("model")
def model_group() -> None:
    """Add and look at stored versions."""


@model_group.command("add")
@_dsn
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sample", type=click.Path(path_type=Path), metavar="ROWS.csv", help="Rows of the features.")
@click.option("--engine", default="auto", help="How it runs: auto, sql, portable or python.")
@click.option("--output", metavar="LABEL|value", help="Class whose probability is the score, or what predict says.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME=NUMBER", help="What training said, as auc=0.91.")
@click.option("--note", help="Why there is this version.")
@_trust
@_key
def model_add(
    dsn: str | None,
    name: str,
    file: Path,
    sample: Path | None,
    engine: str,
    output: str | None,
    metrics: tuple[str, ...],
    note: str | None,
    trust: tuple[str, ...],
    key: Path | None,
) -> None:
    """Sign FILE (joblib, skops or ONNX) of a fitted model, and store it as a new version of NAME.

    A joblib file is unpickled on this machine, and unpickling runs code: give only files that you would run.
    """
    said = dict(_metric(metric) for metric in metrics)
    with database.connect(dsn) as connection:
        version = registry.add_model(
            connection,
            name,
            file,
            sample=sample,
            output=output,
            engine=engine,
            metrics=said,
            note=note,
            trust=trust,
            key=key,
        )
    if version.already_there:
        click.echo(f"{version} is this very artifact already, engine {version.engine}.")
    else:
        click.echo(f"{version} added, engine {version.engine}. Next: dbml deploy {version}")
    for notice in version.notices:
        click.echo(f"Note: {notice}.")


@model_group.command("list")
@_dsn
@_json
@click.argument("name", required=False)
def model_list(dsn: str | None, name: str | None, as_json: bool) -> None:
    """List the stored versions."""
    with database.connect(dsn) as connection:
        rows = registry.versions(connection, name)
    _print_rows(
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
@_dsn
@_json
@click.argument("version", metavar="NAME@V")
def model_show(dsn: str | None, version: str, as_json: bool) -> None:
    """Show one version: features, output, libraries, training summary."""
    with database.connect(dsn) as connection:
        row = registry.show(connection, *_version(version))
    if as_json:
        _print_json(row)
        return
    features = row.pop("features")
    summary = row.pop("training_summary") or {}
    parity, cost = row.pop("parity"), row.pop("cost")
    for key, value in row.items():
        said = ", ".join(value) or "nobody" if key == "signed_by" else value
        click.echo(f"{key:12} {json.dumps(said) if isinstance(said, dict) else said}")
    click.echo(f"{'trained on':12} {summary.get('rows', 'no sample given')}")
    for engine, report in parity.items():
        click.echo(f"{'engine':12} {engine:8} {_outcome(report, cost.get(engine))}")
    for feature in features:
        seen = summary.get("features", {}).get(feature["name"], {})
        click.echo(f"  {feature['name']:36} {feature['kind']:8} {json.dumps(seen)[:90] if seen else ''}")


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
@_dsn
@_json
@click.argument("one", metavar="NAME@1")
@click.argument("other", metavar="NAME@2")
def model_diff(dsn: str | None, as_json: bool, one: str, other: str) -> None:
    """Compare two versions: features, plan, and their scores on the golden rows."""
    (name, first), (other_name, second) = _version(one), _version(other)
    if name != other_name:
        raise click.UsageError(f"{one} and {other} are not versions of one model")
    with database.connect(dsn) as connection:
        found = comparison.diff(connection, name, first, second)
    if as_json:
        _print_json(found)
        return
    for what, names in found["features"].items():
        if names:
            click.echo(f"features {what}: {', '.join(names)}")
    for what, (before, after) in found["differing"].items():
        click.echo(f"{what}: {before} → {after}")
    if found["same_plan"]:
        click.echo("The plans are the same.")
    click.echo(
        f"{found['moved']} of {found['rows']} golden rows move, by {found['largest_move']:.3g} at most, "
        f"{found['mean_move']:.3g} on average"
    )
    if found["worst"]:
        worst = found["worst"]
        click.echo(f"the furthest, {worst['one_score']} → {worst['other_score']}: {json.dumps(worst['features'])}")


@model_group.command("verify")
@_dsn
@_json
@click.argument("version", metavar="NAME@V")
def model_verify(dsn: str | None, version: str, as_json: bool) -> None:
    """Score the golden rows inside the server and compare with scikit-learn's own answers."""
    with database.connect(dsn) as connection:
        report = registry.verify(connection, *_version(version))
    if as_json:
        _print_json(report)
    elif report["error"]:
        click.echo(f"{version} cannot be scored: {report['error']}", err=True)
    else:
        click.echo(
            f"{version}: {report['rows']} golden rows, {report['differing']} differ by more than 1e-9, "
            f"largest difference {report['largest_difference']:.3g}"
        )
    if report["differing"] or report["error"]:
        sys.exit(1)


@model_group.command("export")
@_dsn
@click.argument("version", metavar="NAME[@V]")
@click.option(
    "--format", "form", type=click.Choice(list(exports.FORMATS)), help="Else by FILE's suffix, else as it was added."
)
@click.option("-o", "--output-file", type=click.Path(path_type=Path), required=True, metavar="FILE")
@click.option("--schema", default="scorer", show_default=True, help="Where the functions of an SQL export stand.")
@_trust
@click.option("--force", is_flag=True, help="Replace FILE where it is there.")
def model_export(
    dsn: str | None,
    version: str,
    form: str | None,
    output_file: Path,
    schema: str,
    trust: tuple[str, ...],
    force: bool,
) -> None:
    """Write a version (left out: the deployed one) as a file, checked on its golden rows before."""
    with database.connect(dsn) as connection:
        name, number = _version(version) if "@" in version else (version, registry.deployed(connection, version))
        form, size = exports.export_file(
            connection, name, number, output_file, form, schema=schema, trust=trust, force=force
        )
    click.echo(f"{name}@{number} written to {output_file} as {form}, {size} bytes.")


@main.group("key")
def key_group() -> None:
    """Keys that sign models, and whose signatures count."""


@key_group.command("new")
@_key
def key_new(key: Path | None) -> None:
    """Make a private key in a file that only you can read; its public half is printed."""
    made = signing.new_key(key)
    click.echo(f"{signing.key_path(key)} is made; keep it to yourself.")
    click.echo(f"To have it trusted, an administrator says: {signing.trust_command(made)}")


@key_group.command("trust")
@_dsn
@click.argument("public_key")
@click.option("--owner", help="Whose key it is, for those who read it later.")
def key_trust(dsn: str | None, public_key: str, owner: str | None) -> None:
    """Let versions run that PUBLIC_KEY has signed; only an administrator can."""
    with database.connect(dsn) as connection:
        added = trust.trust_key(connection, public_key, owner)
    click.echo("The key is trusted from now on." if added else "The key is trusted already.")


@key_group.command("revoke")
@_dsn
@click.argument("key")
def key_revoke(dsn: str | None, key: str) -> None:
    """Stop what only KEY (a fingerprint or public key) has signed, in every session; it can never be trusted again."""
    with database.connect(dsn) as connection:
        owner = trust.revoke_key(connection, key)
    click.echo(f"The key of {owner} is revoked.")


@key_group.command("list")
@_dsn
@_json
def key_list(dsn: str | None, as_json: bool) -> None:
    """List the keys that this database trusts or has trusted."""
    with database.connect(dsn) as connection:
        rows = trust.trusted_keys(connection)
    columns = ("fingerprint", "owner", "added_at", "added_by", "revoked_at", "revoked_by")
    _print_rows(rows, columns, as_json)


@main.command("attach")
@_dsn
@click.argument("spec_file", metavar="SPEC.toml", type=click.Path(path_type=Path))
@click.option("--add-columns", is_flag=True, help="Add the columns that the profile lacks.")
@click.option("--backfill", is_flag=True, help="Overwrite counters that disagree with the events.")
@click.option("--dry-run", is_flag=True, help="Print the SQL that would run, and change nothing.")
@click.option(
    "--online", "in_use", is_flag=True, help="Let writers go on: triggers first, then what is there in batches."
)
def attach_command(
    dsn: str | None, spec_file: Path, add_columns: bool, backfill: bool, dry_run: bool, in_use: bool
) -> None:
    """Create triggers, fill counters and score what is there; with --online it can be killed and repeated."""
    if dry_run and in_use:
        raise click.UsageError("--dry-run and --online exclude each other")
    profile = spec.read(spec_file)
    with database.connect(dsn) as connection:
        if in_use:
            connection.autocommit = True  # each batch a transaction of its own
            with _bar() as progress:
                attached = online.attach_online(
                    connection, profile, add_columns=add_columns, backfill=backfill, progress=progress
                )
        else:
            attached = attachment.attach(
                connection, profile, add_columns=add_columns, backfill=backfill, dry_run=dry_run
            )
    if dry_run:
        click.echo("\n".join(f"{statement.rstrip()};\n" for statement in attached.statements))
        return
    click.echo(f"{attached.table} is attached.")
    for notice in attached.notices:
        click.echo(f"Note: {notice}")


@main.command("detach")
@_dsn
@click.argument("table")
def detach_command(dsn: str | None, table: str) -> None:
    """Remove the triggers from TABLE; its columns keep what they hold."""
    with database.connect(dsn) as connection:
        attachment.detach(connection, table)
    click.echo(f"{table} is detached.")


@main.command("deploy")
@_dsn
@click.argument("version", metavar="NAME@V")
@click.option("--note", help="Why, for the view dbml.deployment_history.")
def deploy_command(dsn: str | None, version: str, note: str | None) -> None:
    """Make a version serve from the next statement on, in every session."""
    with database.connect(dsn) as connection:
        scored = deployment.deploy(connection, *_version(version), note=note)
    click.echo(f"{version} is deployed." + (f" {scored} rows scored." if scored else ""))
    if not scored:
        name = version.partition("@")[0]
        click.echo(f"Rows scored before keep their score until they change; to move them all: dbml rescore {name}")


@main.command("rollback")
@_dsn
@click.argument("name")
def rollback_command(dsn: str | None, name: str) -> None:
    """Make the version that served before the present one serve again."""
    with database.connect(dsn) as connection:
        version = deployment.rollback(connection, name)
    click.echo(f"{name}@{version} serves again.")
    click.echo(f"Rows scored before keep their score until they change; to move them all: dbml rescore {name}")


@main.command("rescore")
@_dsn
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="Rows of the deployed version as well.")
@click.option("--stale", is_flag=True, help="Only rows that could not be scored when they last changed.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), metavar="ROWS", help="At most so many a second.")
@click.option("--due", is_flag=True, help="Only rows whose window of time has changed, of every model.")
def rescore_command(dsn: str | None, name: str | None, every: bool, stale: bool, rate: float | None, due: bool) -> None:
    """Score the rows of NAME that do not have their score from the deployed version; can be killed and repeated."""
    if due == (name is not None):
        raise click.UsageError("give either a model's NAME or --due")
    if due + stale + every > 1 or (due and rate is not None):
        raise click.UsageError("--due takes no other option, and --stale and --all exclude each other")
    with database.connect(dsn) as connection:
        if name is None:
            click.echo(f"{deployment.rescore_due(connection)} rows had a window that changed; they are moved.")
            return
        connection.autocommit = True  # each batch a transaction of its own
        with _bar() as progress:
            scored = deployment.rescore(connection, name, every=every, stale=stale, rate=rate, progress=progress)
        click.echo(f"{scored} rows scored by {name}.")


@main.command("reconcile")
@_dsn
@_json
@click.argument("table", required=False)
@click.option("--repair", is_flag=True, help="Mend what differs, in batches that lock few rows.")
def reconcile_command(dsn: str | None, as_json: bool, table: str | None, repair: bool) -> None:
    """Compare counters and scores with the truth; exit 1 on any difference that stays."""
    with database.connect(dsn) as connection, _bar() as progress:
        connection.autocommit = True  # each batch a transaction of its own
        report = reconciliation.reconcile(connection, table, repair=repair, progress=progress)
    if as_json:
        _print_json(asdict(report))
    else:
        differences = [
            asdict(d) | {"entity": d.entity and ", ".join(d.entity)} for d in report.differences[:DIFFERENCES_SHOWN]
        ]
        if differences:
            _print_rows(differences, ("table", "entity", "column", "held", "truth"), as_json)
        if len(report.differences) > DIFFERENCES_SHOWN:
            click.echo(f"… and {len(report.differences) - DIFFERENCES_SHOWN} more: --json prints all.")
        click.echo(
            f"{report.rows} rows compared, {len(report.differences)} differences"
            + (f", {report.repaired} rows mended." if repair else ".")
        )
        if report.earlier:
            click.echo(f"{report.earlier} scores are of an earlier version and were not compared: dbml rescore")
    if report.differences and not repair:
        sys.exit(1)


@contextmanager
def _bar() -> Iterator[reconciliation.Progress | None]:
    """A progress bar where somebody is looking."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with rich.progress.Progress(console=console, transient=True) as bar:
        tasks: dict[str, rich.progress.TaskID] = {}

        def show(table: str, done: int, total: int) -> None:
            if table not in tasks:
                tasks[table] = bar.add_task(table)
            bar.update(tasks[table], completed=done, total=total)

        yield show


@main.command("status")
@_dsn
@_json
def status_command(dsn: str | None, as_json: bool) -> None:
    """Show what is attached, what serves it, and what could not be scored."""
    with database.connect(dsn) as connection:
        rows = deployment.status(connection)
    columns = (
        "profile",
        "prediction",
        "model",
        "version",
        "engine",
        "on_error",
        "events",
        "stale",
        "last_failure",
        "complete",
    )
    _print_rows(rows, columns, as_json)


def _version(text: str) -> tuple[str, int]:
    name, _, number = text.partition("@")
    if not name or not number.isdigit():
        raise click.UsageError(f'"{text}" is not NAME@VERSION, such as churn@3')
    return name, int(number)


def _metric(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        return name.strip(), float(number)
    except ValueError:
        raise click.UsageError(f'"{text}" is not NAME=NUMBER, such as auc=0.91') from None


def _print_rows(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        _print_json(rows)
        return
    if not rows:
        click.echo("Nothing yet.")
        return
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            *("" if row[c] is None else ", ".join(row[c]) if isinstance(row[c], list) else str(row[c]) for c in columns)
        )
    # Wide enough for a pipe to read every value whole.
    Console(width=None if sys.stdout.isatty() else 240).print(table)


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, default=str))
