"""How the operations run: on the migration's own connection and transaction, or as a script."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations, ops
from alembic.util import CommandError

from dbml import database, errors
from dbml.alembic import operations as dbml_ops
from dbml.alembic import strategies, usage
from dbml.alembic.declaration import Release
from dbml.database import Connection
from dbml.script import Script, Sink, execute, perform

# dbml.install imports Alembic, and Alembic imports this module: what needs it is imported where it is used.

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from dbml.profiles.spec import Profile

_log = logging.getLogger("dbml.alembic")


def register() -> None:
    """Tell Alembic what runs each operation, and guard its own that would take a column from under a profile."""
    for kind, run in _RUNS.items():
        Operations.implementation_for(kind)(run)
    for kind, names in _GUARDED.items():
        _guard(kind, names)


@contextmanager
def refused() -> Iterator[None]:
    """Turn dbml's errors into Alembic's, which its command line prints as a sentence."""
    try:
        yield
    except errors.DbmlError as error:
        hint = f" {error.hint}" if error.hint else ""
        raise CommandError(f"{error.message.rstrip('.')}.{hint}") from error


def located(context: MigrationContext, path: Path | str) -> Path:
    """A path of a revision: relative ones begin at the folder of ``alembic.ini``."""
    file = context.config.config_file_name if context.config else None
    base = Path(file).resolve().parent if file and Path(file).exists() else Path.cwd()
    return base / path


def checked(release: Release, context: MigrationContext) -> Release:
    """The release with its files located.

    :raises ArtifactError: the file is not the one that the revision was written for.
    """
    path = located(context, release.path)
    sample = None if release.sample is None else located(context, release.sample)
    found = sha256(path)
    if release.sha256 not in (None, found):
        raise errors.ArtifactError(
            f"{path} is not the file that {release} was released with: its sha256 is {found}, not {release.sha256}",
            "Bring the file of that release, or release the new one as the next version.",
        )
    return replace(release, path=path, sample=sample, sha256=found)


def sha256(path: Path) -> str:
    """Hash of a file, in hexadecimal.

    :raises ArtifactError: it cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise errors.ArtifactError(
            f"cannot read {path}: {error.strerror}", "Bring the file of that release."
        ) from error


@contextmanager
def _sink(operations: Operations) -> Iterator[Sink]:
    """Where an operation's statements go: to the migration's own connection, or into the script that Alembic writes."""
    context = operations.migration_context
    with refused():
        if context.as_sql:
            # Alembic takes ":name" for a parameter and doubles "%": this goes by neither.
            yield Script(context.impl.static_output)
            return
        bind: Connection | None = context.bind
        if bind is None:
            raise errors.ServerError("the migration has no connection", "Configure one in env.py, or give --sql.")
        with database.translated():
            yield database.driver(bind)


def _install(operations: Operations, operation: dbml_ops.InstallDbmlOp) -> None:
    from dbml.serving import upgrade

    with _sink(operations) as sink:
        done = upgrade.install(sink, python_path=operation.python_path)
        perform(sink, "remember_migration")
        for notice in done["notices"]:
            _log.info("%s", notice)


def _uninstall(operations: Operations, operation: dbml_ops.UninstallDbmlOp) -> None:
    from dbml.alembic import script

    with _sink(operations) as sink:
        execute(sink, script.uninstall())


def _add_model(operations: Operations, operation: dbml_ops.AddModelOp) -> None:
    from dbml.alembic import script
    from dbml.models import adding

    with _sink(operations) as sink:
        release = checked(operation.release, operations.migration_context)
        if isinstance(sink, Script):
            sink.add(script.add_model(release))
            perform(sink, "remember_version", name=release.name, version=release.version)
            return
        version = adding.add_model(
            sink,
            release.name,
            release.path,
            sample=release.sample,
            output=release.output,
            engine=release.engine,
            metrics=release.metrics,
            note=release.note,
            trust=release.trust,
            types=release.types,
            migrated=True,
        )
        if release.version not in (None, version.version):
            raise errors.ImmutableVersion(
                f"this artifact is or would be {version} here, and the migration says {release}",
                "Versions are numbered in the order in which they are added.",
            )
        perform(sink, "remember_version", name=version.name, version=version.version)
        for said in (f"its score is {version.scored}", *version.notices):
            _log.info("%s: %s", version, said)


def _remove_model(operations: Operations, operation: dbml_ops.RemoveModelOp) -> None:
    release = operation.release
    with _sink(operations) as sink:
        digest = release.sha256 or sha256(located(operations.migration_context, release.path))
        perform(sink, "remove_version", name=release.name, version=release.version, sha256=digest)


def _deploy_model(operations: Operations, operation: dbml_ops.DeployModelOp) -> None:
    with _sink(operations) as sink:
        perform(sink, "deploy_by_migration", **vars(operation))


def _undeploy_model(operations: Operations, operation: dbml_ops.UndeployModelOp) -> None:
    name, version = operation.name, operation.version
    note = f"{name}@{version} taken back by a migration"
    with _sink(operations) as sink:
        perform(sink, "undeploy", name=name, version=version, note=note, rescore=operation.rescore)


def _start_strategy(operations: Operations, operation: strategies.StartStrategyOp) -> None:
    with _sink(operations) as sink:
        perform(sink, "deploy_by_strategy", **strategies.arguments(operation))
        if operation.rescore:
            perform(sink, "rescore_in_one", name=operation.name)


def _share_model(operations: Operations, operation: strategies.ShareModelOp) -> None:
    with _sink(operations) as sink:
        perform(sink, "set_share", name=operation.name, share=Decimal(str(operation.share)), note=operation.note)
        if operation.rescore:
            perform(sink, "rescore_in_one", name=operation.name)


def _promote_model(operations: Operations, operation: strategies.PromoteModelOp) -> None:
    with _sink(operations) as sink:
        perform(
            sink,
            "promote_by_migration",
            name=operation.name,
            note=operation.note,
            rescore=operation.rescore,
            version=operation.version,
        )


def _abort_model(operations: Operations, operation: strategies.AbortModelOp) -> None:
    with _sink(operations) as sink:
        perform(sink, "abort", name=operation.name, why=operation.note)


def _resume_model(operations: Operations, operation: strategies.ResumeModelOp) -> None:
    with _sink(operations) as sink:
        perform(sink, "resume", name=operation.name, note=operation.note, rescore=operation.rescore)


def _attach_profile(operations: Operations, operation: dbml_ops.AttachProfileOp) -> None:
    with _sink(operations) as sink:
        _attach(sink, operations.migration_context, operation.profile, operation.backfill, operation.trust)


def _detach_profile(operations: Operations, operation: dbml_ops.DetachProfileOp) -> None:
    from dbml.profiles import attachment

    with _sink(operations) as sink:
        attachment.detach(sink, operation.profile.table)


def _alter_profile(operations: Operations, operation: dbml_ops.AlterProfileOp) -> None:
    from dbml.profiles import attachment
    from dbml.serving import alteration

    with _sink(operations) as sink:
        if not isinstance(sink, Script):
            altered = alteration.alter_at_once(sink, operation.profile, trust=operation.trust)
            if altered is not None:
                for notice in altered.notices:
                    _log.info("%s", notice)
                return
        attachment.detach(sink, operation.was.table)
        _attach(sink, operations.migration_context, operation.profile, True, operation.trust)


def _attach(sink: Sink, context: MigrationContext, profile: Profile, backfill: bool, trust: bool) -> None:
    from dbml.alembic import script, tables
    from dbml.profiles import attachment

    if isinstance(sink, Script):
        declared = tables.metadatas(context.opts.get("target_metadata"))
        sink.add(script.attach(tables.attachment(declared, profile), backfill, trust))
        return
    for notice in attachment.attach(sink, profile, backfill=backfill, trust=trust).notices:
        _log.info("%s", notice)


_RUNS: dict[type[ops.MigrateOperation], Callable[..., None]] = {
    dbml_ops.InstallDbmlOp: _install,
    dbml_ops.UninstallDbmlOp: _uninstall,
    dbml_ops.AddModelOp: _add_model,
    dbml_ops.RemoveModelOp: _remove_model,
    dbml_ops.DeployModelOp: _deploy_model,
    dbml_ops.UndeployModelOp: _undeploy_model,
    **dict.fromkeys(
        (
            strategies.CanaryModelOp,
            strategies.RollingModelOp,
            strategies.AbModelOp,
            strategies.ShadowModelOp,
            strategies.BlueGreenModelOp,
        ),
        _start_strategy,
    ),
    strategies.ShareModelOp: _share_model,
    strategies.PromoteModelOp: _promote_model,
    strategies.AbortModelOp: _abort_model,
    strategies.ResumeModelOp: _resume_model,
    dbml_ops.AttachProfileOp: _attach_profile,
    dbml_ops.DetachProfileOp: _detach_profile,
    dbml_ops.AlterProfileOp: _alter_profile,
}


def _dropped(operation: ops.DropColumnOp) -> str:
    return operation.column_name


def _renamed(operation: ops.AlterColumnOp) -> str | None:
    return operation.column_name if operation.modify_name else None


def _whole_table(operation: ops.DropTableOp) -> str:
    return usage.EVERY_COLUMN


# Operation → the column that is gone afterwards; None: nothing is.
_GUARDED: dict[type[ops.MigrateOperation], Callable[[Any], str | None]] = {
    ops.DropColumnOp: _dropped,
    ops.AlterColumnOp: _renamed,
    ops.DropTableOp: _whole_table,
}


def _guard(kind: type[ops.MigrateOperation], column: Callable[[Any], str | None]) -> None:
    """Let Alembic's own operation run only where no attached profile reads or keeps the column."""
    run = Operations._to_impl.dispatch(kind)

    def guarded(operations: Operations, operation: Any) -> Any:
        name = column(operation)
        context = operations.migration_context
        if name is not None and not context.as_sql and context.dialect.name == "postgresql":
            bind = context.bind
            # Of an application that does not use dbml nothing is asked, not even its driver.
            if bind is not None and bind.dialect.driver == "psycopg":
                with _sink(operations) as sink:
                    assert not isinstance(sink, Script)
                    usage.refuse_lost_column(sink, operation.schema, operation.table_name, name)
        return run(operations, operation)

    Operations.implementation_for(kind, replace=True)(guarded)
