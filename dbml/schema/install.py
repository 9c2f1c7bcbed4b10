"""The schema ``dbml``: Alembic revisions for tables, a code step for functions and views; ``doctor``."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any

import psycopg

from dbml import database, errors
from dbml.database import Connection
from dbml.schema import assembly, runtime

# Alembic imports dbml.alembic, its plugin, in the midst of its own import: dbml imports Alembic where it is used.
if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

# Any constant will do, as long as it is the same in every dbml.
LOCK = "select pg_advisory_xact_lock(5639411)"
# Alembic keeps the migration that runs in module globals.
_ALEMBIC = threading.Lock()


def migration_script(current: str | None, target: str = "head") -> str:
    """SQL between the revision ``current`` (None: nothing yet) and another; empty when there is none (pure)."""
    from alembic import command

    script = io.StringIO()
    config = _alembic(script)
    if target == "head" and current == _history(config).get_current_head():
        return ""
    with _ALEMBIC, _outer_migration_kept():
        command.upgrade(config, f"{current or 'base'}:{target}", sql=True)
    return script.getvalue()


def revisions() -> list[tuple[str | None, str]]:
    """Every revision of the schema ``dbml`` with the one before it, oldest first (pure)."""
    scripts = [script.revision for script in _history(_alembic()).walk_revisions()][::-1]
    return list(zip([None, *scripts], scripts, strict=False))


@contextmanager
def _outer_migration_kept() -> Iterator[None]:
    """Where the application's own migration installs dbml, its ``op`` and ``context`` must outlive dbml's."""
    from alembic import context, op

    outer = [getattr(module, "_proxy", None) for module in (context, op)]
    try:
        yield
    finally:
        for proxy in outer:
            if proxy is not None:
                proxy._install_proxy()


def _history(config: Config) -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config)


def _alembic(script: io.StringIO | None = None) -> Config:
    from alembic.config import Config

    config = Config(output_buffer=script)
    config.set_main_option("script_location", str(resources.files("dbml._migrations")))
    config.set_main_option("path_separator", "os")
    return config


def install(
    connection: Connection, *, python_path: str | None = None, artifact_limit: int | None = None
) -> dict[str, Any]:
    """Create or upgrade tables, functions and views; what is attached is the task of :func:`dbml.install`."""
    raw = database.driver(connection)
    with database.translated(), database.pinned(raw):
        # Never wait for long with locks in hand.
        database.query(raw, "set local lock_timeout = '10s'")
        database.query(raw, LOCK)
        found = database.named(raw, "installation")[0]
        _refuse_foreign(found)
        _refuse_lacking_rights(found)
        _refuse_foreign_functions(raw)
        head = _history(_alembic()).get_current_head()
        plpython = found["plpython_available"] and found["superuser"]
        code = assembly.code_script(plpython)
        digest = assembly.code_digest(code)
        current = _revision(raw) if found["version_table"] else None
        before = _settings(raw) if found["version_table"] else {}
        if not found["version_table"]:
            database.script(raw, database.text("schema/install/roles"))
            database.script(raw, database.text("schema/install/schemas"))
        if plpython and not found["plpython_created"]:
            database.script(raw, "create extension if not exists plpython3u")
        migrations = migration_script(current)
        if migrations:
            database.script(raw, migrations)
        # Whoever dropped the extension has dropped dbml's functions with it.
        changed = bool(migrations) or before.get("code") != digest or (plpython and not found["plpython_created"])
        if changed:
            database.script(raw, code)
            database.named(raw, "save_setting", name="code", value=digest)
            if plpython:
                database.named(raw, "compile_all")
            for profile in database.named(raw, "profiles"):
                database.named(raw, "bind", profile=profile["id"])
        elif plpython and not compiled(raw, probe(raw, None)):
            # The server's Python is another one, such as after pg_upgrade.
            database.named(raw, "compile_all")
            changed = True
        limit = None if artifact_limit is None else str(artifact_limit)
        for name, value in (("python_path", python_path), ("artifact_limit", limit)):
            if value is not None and before.get(name) != value:
                database.named(raw, "save_setting", name=name, value=value)
                changed = True
    return {"changed": changed, "revision": head, "plpython": plpython}


def uninstall(connection: Connection) -> None:
    """Remove the schemas and, where no other database needs them, the roles.

    :raises NotInstalled: there is nothing of dbml's own to remove.
    :raises StillAttached: a table is still attached.
    """
    raw = database.driver(connection)
    with database.translated():
        with database.pinned(raw):
            database.query(raw, "set local lock_timeout = '10s'")
            database.query(raw, LOCK)
            require(raw)
        # Named as the one who reads it writes it.
        attached = database.named(raw, "profiles")
        if attached:
            raise errors.StillAttached(
                f"{attached[0]['relation']} is still attached", f"dbml detach {attached[0]['relation']}"
            )
        with database.pinned(raw):
            database.script(raw, database.text("schema/install/uninstall"))


def require(raw: psycopg.Connection[Any]) -> None:
    """Check that dbml is installed in this database and can be used by this role.

    :raises NotInstalled: it is not, or the schema is another's.
    """
    found = database.named(raw, "installation")[0]
    _refuse_foreign(found)
    if not found["version_table"]:
        raise errors.NotInstalled(f"dbml is not installed in database {raw.info.dbname}", "dbml install")


def _refuse_foreign(found: dict[str, Any]) -> None:
    for schema, is_there in (("dbml", found["schema_dbml"]), ("dbml_scorer", found["schema_scorer"])):
        if is_there and not found["own"]:
            raise errors.NotInstalled(
                f"the database has a schema {schema} that is not dbml's own",
                f"Rename it, or remove it if nothing in it is needed: drop schema {schema}",
            )


def _refuse_foreign_functions(raw: psycopg.Connection[Any]) -> None:
    """An overload of score() would be called in its place, and installing would make it dbml's own."""
    for row in database.named(raw, "foreign_functions"):
        raise errors.NotInstalled(
            f"{row['function']} is not dbml's own", f"Drop it, or move it elsewhere: drop function {row['function']}"
        )


def _refuse_lacking_rights(found: dict[str, Any]) -> None:
    if found["read_only"]:
        raise errors.PermissionDenied(
            "this session is read-only", "Connect to the primary, with default_transaction_read_only off."
        )
    if not found["superuser"] and not (found["may_create"] and found["may_create_roles"]):
        raise errors.PermissionDenied(
            f"role {found['role']} may not install dbml: it lacks CREATE on the database or CREATEROLE",
            "Connect as a superuser (PL/Python functions can only be created by one).",
        )


def _revision(raw: psycopg.Connection[Any]) -> str | None:
    rows = database.named(raw, "revision")
    return rows[0]["version_num"] if rows else None


def _settings(raw: psycopg.Connection[Any]) -> dict[str, str]:
    return {row["name"]: row["value"] for row in database.named(raw, "settings")}


def compiled(raw: psycopg.Connection[Any], facts: dict[str, Any]) -> bool:
    """Whether the code that is kept for the engine ``portable`` is for this Python, as :func:`probe` describes it."""
    rows = database.named(raw, "compiled", fingerprint=runtime.package_name(), python=facts["code"])
    return bool(rows[0]["compiled"])


def probe(raw: psycopg.Connection[Any], python_path: str | None) -> dict[str, Any]:
    """Ask the server's Python what it has, leaving nothing behind; needs a superuser."""
    with raw.transaction(force_rollback=True):
        database.script(raw, "create extension if not exists plpython3u")
        database.script(raw, runtime.probe_function())
        answer = database.query(raw, "select pg_temp.dbml_probe(%s) as facts", [python_path])[0]["facts"]
    facts: dict[str, Any] = json.loads(answer)
    return facts
