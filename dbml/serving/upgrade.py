"""Installing over what is there: what was generated at each attachment follows dbml's own code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from dbml import database
from dbml.database import Connection
from dbml.models import trust
from dbml.profiles import attachment, catalog, ddl, triggers
from dbml.profiles.catalog import Attachment
from dbml.schema.install import install as install_schema
from dbml.script import Script


def install(
    connection: Connection | Script,
    *,
    python_path: str | Path | None = None,
    artifact_limit: int | None = None,
    key: Path | str | None = None,
) -> dict[str, Any]:
    """Create or upgrade the schema ``dbml`` in the caller's transaction. Safe to repeat and to run twice at once.

    A generated function or trigger that is not what this release makes of it, or is gone, is made anew. No table that
    is attached is locked, unless a trigger on it is such a one: sessions that are open go on, with the new code from
    their next statement. Where this very release is installed and nothing is given, a role that may not install and
    can read dbml is told so, and changes nothing.

    :param python_path: folder on the server with the packages that PL/Python's own path lacks.
    :param artifact_limit: megabytes that a model's file may have, 512 where nobody has said; compressed, it may
        unfold to four times that.
    :param key: file of the private key by which the one who installs will sign models; else ``DBML_KEY``, else the one
        in the user's configuration. Made if it is not there; its public half is trusted from here on.
    :returns: ``changed`` (bool), ``revision``, ``plpython`` (bool: the engine ``python`` can be used), ``notices``
        (sentences about the key, and about hashes that are not those of other servers).
    :raises NotInstalled: a schema ``dbml`` or ``dbml_scorer`` is there that is not dbml's own.
    :raises PermissionDenied: the role may not create schemas, roles or PL/Python functions.
    """
    done = install_schema(connection, python_path=python_path, artifact_limit=artifact_limit, nothing_else=key is None)
    if isinstance(connection, Script):
        return {"notices": trust.introduce(connection, key)}
    if done.pop("asked_only", False):
        return done
    raw = database.driver(connection)
    with database.translated():
        done["notices"] = trust.introduce(raw, key)
        if database.value(raw, "hashes_differ"):
            done["notices"].append(
                "this server hashes keys otherwise than others, so that entities of a database that was moved here "
                "have other arms; dbml doctor says what to do"
            )
        with database.pinned(raw):
            for record in catalog.records(raw):
                # What others have changed waits for repair, and keeps nobody from installing.
                if not database.named(raw, "broken", profile=record.id):
                    changed = regenerate(raw, catalog.attached(raw, record), record.complete)
                    done["changed"] = done["changed"] or changed
    return done


def regenerate(raw: psycopg.Connection[Any], attached: Attachment, complete: bool, *, anew: bool = False) -> bool:
    """Make what is not as it should be of what is generated for a profile; tells whether there was any.

    :param anew: make every function anew, by which sessions that are open forget what they have planned.
    """
    if not database.named(raw, "places", profile=attached.id):  # attached by a release that remembered nothing
        for statement in ddl.remember(attached):
            attachment.run(raw, statement)
    changed = [
        database.answer(raw, function.regenerated(anew=anew))
        for function in triggers.functions(attached, online=not complete)
    ]
    changed.append(bool(database.value(raw, "bind", profile=attached.id, anew=anew)))
    made = triggers.all_triggers(attached)
    tables = [trigger.table.oid for trigger in made]
    found = {
        (row["oid"], row["name"]): row["definition"] for row in database.named(raw, "trigger_states", tables=tables)
    }
    for trigger in made:
        if not trigger.reads(found.get((trigger.table.oid, trigger.name), "")):
            changed.append(True)
            for statement in trigger.statements:
                attachment.run(raw, statement)
    return any(changed)
