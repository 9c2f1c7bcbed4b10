"""How the operations run: on the migration's own connection and transaction, or as a script."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from alembic.operations import Operations, ops
from alembic.util import CommandError

from dbml import database, errors
from dbml.alembic import operations as dbml_ops
from dbml.alembic import usage
from dbml.alembic.declaration import Release
from dbml.database import Connection

# dbml.install imports Alembic, and Alembic imports this module: what needs it is imported where it is used.

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

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
def _connection(operations: Operations) -> Iterator[psycopg.Connection[Any]]:
    with refused():
        bind: Connection | None = operations.migration_context.bind
        if bind is None:
            raise errors.ServerError("the migration has no connection", "Configure one in env.py, or give --sql.")
        raw = database.driver(bind)
        # psycopg begins with the first statement: dbml's own blocks must be savepoints, or they would commit.
        before = database.query(raw, "select current_setting('lock_timeout') as lock_timeout")[0]
        with database.translated():
            yield raw
        # The application's own operations wait as long as they did.
        database.query(raw, "select set_config('lock_timeout', %(lock_timeout)s, true)", before)


def _script(operations: Operations, online: Callable[[], str]) -> None:
    """Run a script, or write it: the same both ways."""
    with refused():
        text = online()
    if operations.migration_context.as_sql:
        # Alembic takes ":name" for a parameter and doubles "%": this goes by neither.
        operations.migration_context.impl.static_output(text)
        return
    with _connection(operations) as raw:
        database.script(raw, text)


def _install(operations: Operations, operation: dbml_ops.InstallDbmlOp) -> None:
    from dbml.alembic import online, script

    if operations.migration_context.as_sql:
        operations.migration_context.impl.static_output(script.install(operation.python_path))
        return
    with _connection(operations) as raw:
        for notice in online.install(raw, operation.python_path):
            _log.info("%s", notice)


def _uninstall(operations: Operations, operation: dbml_ops.UninstallDbmlOp) -> None:
    from dbml.alembic import script

    _script(operations, script.uninstall)


def _add_model(operations: Operations, operation: dbml_ops.AddModelOp) -> None:
    from dbml.alembic import script
    from dbml.models import versions

    context = operations.migration_context
    with refused():
        release = checked(operation.release, context)
    if context.as_sql:
        with refused():
            context.impl.static_output(script.add_model(release))
        return
    with _connection(operations) as raw:
        version = versions.add_model(
            raw,
            release.name,
            release.path,
            sample=release.sample,
            output=release.output,
            engine=release.engine,
            metrics=release.metrics,
            note=release.note,
            migrated=True,
        )
        if release.version not in (None, version.version):
            raise errors.ImmutableVersion(
                f"this artifact is or would be {version} here, and the migration says {release}",
                "Versions are numbered in the order in which they are added.",
            )
        for notice in version.notices:
            _log.info("%s: %s", version, notice)


def _remove_model(operations: Operations, operation: dbml_ops.RemoveModelOp) -> None:
    from dbml.alembic import script

    release = operation.release
    with refused():
        digest = release.sha256 or sha256(located(operations.migration_context, release.path))
    _script(operations, lambda: script.remove_model(release.name, release.version, digest))


def _deploy_model(operations: Operations, operation: dbml_ops.DeployModelOp) -> None:
    from dbml.alembic import script
    from dbml.profiles import rescoring
    from dbml.serving import deployment

    name, version, note = operation.name, operation.version, operation.note
    if operations.migration_context.as_sql:
        _script(operations, lambda: script.deploy(name, version, note, operation.rescore))
        return
    with _connection(operations) as raw:
        scored = deployment.deploy(raw, name, version, note=note)
        if operation.rescore and not scored:
            rescoring.rescore(raw, name)


def _undeploy_model(operations: Operations, operation: dbml_ops.UndeployModelOp) -> None:
    from dbml.alembic import script

    _script(operations, lambda: script.undeploy(operation.name, operation.version, operation.rescore))


def _attach_profile(operations: Operations, operation: dbml_ops.AttachProfileOp) -> None:
    _attach(operations, operation.profile, operation.backfill)


def _attach(operations: Operations, profile: Any, backfill: bool) -> None:
    from dbml.alembic import script, tables
    from dbml.profiles import attachment

    if operations.migration_context.as_sql:
        metadata = tables.metadatas(operations.migration_context.opts.get("target_metadata"))
        _script(operations, lambda: script.attach(metadata, profile, backfill))
        return
    with _connection(operations) as raw:
        for notice in attachment.attach(raw, profile, backfill=backfill).notices:
            _log.info("%s", notice)


def _detach_profile(operations: Operations, operation: dbml_ops.DetachProfileOp) -> None:
    from dbml.alembic import script

    _script(operations, lambda: script.detach(operation.profile.table))


def _alter_profile(operations: Operations, operation: dbml_ops.AlterProfileOp) -> None:
    from dbml.alembic import script

    _script(operations, lambda: script.detach(operation.was.table))
    _attach(operations, operation.profile, True)


_RUNS: dict[type[ops.MigrateOperation], Callable[..., None]] = {
    dbml_ops.InstallDbmlOp: _install,
    dbml_ops.UninstallDbmlOp: _uninstall,
    dbml_ops.AddModelOp: _add_model,
    dbml_ops.RemoveModelOp: _remove_model,
    dbml_ops.DeployModelOp: _deploy_model,
    dbml_ops.UndeployModelOp: _undeploy_model,
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
                with _connection(operations) as raw:
                    usage.refuse_lost_column(raw, operation.schema, operation.table_name, name)
        return run(operations, operation)

    Operations.implementation_for(kind, replace=True)(guarded)
