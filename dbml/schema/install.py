"""The schema ``dbml``: Alembic revisions for tables, a code step for functions and views."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from dbml import database, errors
from dbml.database import Connection
from dbml.schema import assembly, history, runtime
from dbml.script import Script, Sink, block, execute, perform, quoted


@dataclass(frozen=True)
class Installation:
    """What is there of dbml in a database, and what the role that asks may do.

    :param own: whether schemas and version table are dbml's own; nobody's if they are not there.
    :param restored: whether they are the role's own, as a dump leaves them that was restored without owners.
    :param superuser: whether the role is one; with ``may_create`` and ``may_create_roles`` it may install as well.
    """

    role: str
    superuser: bool
    may_create: bool
    may_create_roles: bool
    read_only: bool
    schema_dbml: bool
    schema_scorer: bool
    version_table: bool
    own: bool
    restored: bool
    has_signatures: bool
    plpython_available: bool
    plpython_created: bool


def installation(raw: psycopg.Connection[Any]) -> Installation:
    """Ask what is there of dbml in this database."""
    return database.rows(raw, Installation, "installation")[0]


def install(
    connection: Connection | Script,
    *,
    python_path: str | Path | None = None,
    artifact_limit: int | None = None,
    nothing_else: bool = False,
) -> dict[str, Any]:
    """Create or upgrade tables, functions and views; what is attached is the task of :func:`dbml.install`.

    :param nothing_else: nothing more is asked for, so that where this release is there nobody needs rights; the answer
        then has ``asked_only``.
    """
    given = {"python_path": python_path, "artifact_limit": artifact_limit}
    settings = {name: str(value) for name, value in given.items() if value is not None}
    if isinstance(connection, Script):
        _begin(connection)
        _make(connection)
        _end(connection, settings)
        return {}
    raw = database.driver(connection)
    with database.translated():
        if nothing_else and not settings and (nothing := _nothing_to_do(raw)):
            return nothing
        installation(raw)  # begins the caller's transaction; what follows must not end it
        with raw.transaction():
            _begin(raw)
            found = installation(raw)
            plpython = found.plpython_available and found.superuser
            digest = assembly.code_digest(assembly.code_script(plpython))
            head = history.head()
            before = _settings(raw) if found.version_table else {}
            current = (before.get("code"), database.value(raw, "revision")) if found.version_table else None
            changed = True
            # Whoever dropped the extension has dropped dbml's functions with it; a dump may come without rights.
            if (
                current != (digest, head)
                or (plpython and not found.plpython_created)
                or any(right["missing"] for right in rights_amiss(raw))
            ):
                _make(raw)
                database.named(raw, "save_setting", name="code", value=digest)
            elif plpython and not compiled(raw, probe(raw, None)):
                # The server's Python is another one, such as after pg_upgrade.
                database.named(raw, "compile_all")
            else:
                changed = any(before.get(name) != value for name, value in settings.items())
            _end(raw, settings)
    return {"changed": changed, "revision": head, "plpython": plpython}


def _nothing_to_do(raw: psycopg.Connection[Any]) -> dict[str, Any] | None:
    """What installing answers to a role that may not install, where this very release is there; None elsewhere."""
    found = installation(raw)
    if found.superuser or (found.may_create and found.may_create_roles) or not (found.own and found.version_table):
        return None
    if not database.value(raw, "may_ask_release"):
        return None
    released = database.named(raw, "release")
    digests = [assembly.code_digest(assembly.code_script(plpython)) for plpython in (True, False)]
    if not released or released[0]["code"] not in digests or released[0]["revision"] != history.head():
        return None
    return {
        "changed": False,
        "revision": history.head(),
        "plpython": found.plpython_created,
        "notices": [],
        "asked_only": True,
    }


def _begin(sink: Sink) -> None:
    """Lock, pin the search_path, and refuse what is not dbml's own and whoever may not install."""
    execute(sink, database.text("schema/install/begin"))


def _make(sink: Sink) -> None:
    """Make everything of dbml, from whichever revision it is at, with PL/Python where the server has it."""
    plain, in_python, rights, rights_in_python = assembly.code_parts()
    finish = database.text("schema/install/finish")
    for plpython, mark in ((True, "@digest_plpython@"), (False, "@digest_plain@")):
        finish = finish.replace(mark, assembly.code_digest(assembly.code_script(plpython)))
    for statements in (
        database.text("schema/install/roles"),
        database.text("schema/install/schemas"),
        *history.steps(),
        plain,
        _where_plpython(f"{database.text('schema/install/plpython')}\n{in_python}"),
        rights,
        _where_plpython(rights_in_python),
        finish,
    ):
        execute(sink, statements)


def _where_plpython(statements: str) -> str:
    return block(
        "begin\n  if exists (select from pg_catalog.pg_available_extensions where name = 'plpython3u')\n"
        "     and (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then\n"
        f"    execute {quoted(statements)};\n  end if;\nend"
    )


def _end(sink: Sink, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        perform(sink, "save_setting", name=name, value=value)
    execute(sink, database.text("schema/install/end"))


def uninstall(connection: Connection) -> None:
    """Remove the schemas and, where no other database needs them, the roles.

    :raises NotInstalled: there is nothing of dbml's own to remove.
    :raises StillAttached: a table is still attached.
    """
    raw = database.driver(connection)
    with database.translated():
        with database.pinned(raw), database.configured(raw, "lock_timeout", "10s"):
            require(raw)
        # Named as the one who reads it writes it.
        attached = database.named(raw, "profiles")
        if attached:
            raise errors.StillAttached(
                f"{attached[0]['relation']} is still attached", f"dbml detach {attached[0]['relation']}"
            )
        with database.pinned(raw), database.configured(raw, "lock_timeout", "10s"):
            database.script(raw, database.text("schema/install/uninstall"))


def require(raw: psycopg.Connection[Any]) -> None:
    """Check that dbml is installed in this database and can be used by this role.

    :raises NotInstalled: it is not, or the schema is another's.
    """
    found = installation(raw)
    if found.restored:
        raise errors.NotInstalled("dbml was restored without its owners", "dbml install gives it back to them")
    for schema, is_there in (("dbml", found.schema_dbml), ("dbml_scorer", found.schema_scorer)):
        if is_there and not found.own:
            raise errors.NotInstalled(
                f"the database has a schema {schema} that is not dbml's own",
                f"Rename it, or remove it if nothing in it is needed: drop schema {schema}",
            )
    if not found.version_table:
        raise errors.NotInstalled(f"dbml is not installed in database {raw.info.dbname}", "dbml install")


def rights_amiss(raw: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """Rights on dbml's own objects that are not as installing has left them: object, grantee, privileges, missing."""
    return database.named(raw, "rights_amiss")


def _settings(raw: psycopg.Connection[Any]) -> dict[str, str]:
    return {row["name"]: row["value"] for row in database.named(raw, "settings")}


def compiled(raw: psycopg.Connection[Any], facts: dict[str, Any]) -> bool:
    """Whether the code that is kept for the engine ``portable`` is for this Python, as :func:`probe` describes it."""
    return bool(database.value(raw, "compiled", fingerprint=runtime.package_name(), python=facts["code"]))


def probe(raw: psycopg.Connection[Any], python_path: str | None) -> dict[str, Any]:
    """Ask the server's Python what it has, leaving nothing behind; needs a superuser.

    :raises ServerError: the server lists PL/Python, and cannot load it.
    """
    with database.translated(), raw.transaction(force_rollback=True):
        database.script(raw, database.text("schema/install/plpython"))
        database.script(raw, runtime.probe_function())
        answer = database.answer(raw, "select pg_temp.dbml_probe(%s) as facts", [python_path])
    facts: dict[str, Any] = json.loads(answer)
    return facts
