"""Installing over what is there: the functions that were generated at each attachment follow dbml's own code."""

from __future__ import annotations

from typing import Any

from dbml import attachment, database, triggers
from dbml.database import Connection
from dbml.install import install as install_schema


def install(
    connection: Connection, *, python_path: str | None = None, artifact_limit: int | None = None
) -> dict[str, Any]:
    """Create or upgrade the schema ``dbml`` in the caller's transaction. Safe to repeat and to run twice at once.

    No table that is attached is locked: sessions that are open go on, with the new code from their next statement.

    :param python_path: folder on the server with the packages that PL/Python's own path lacks.
    :param artifact_limit: megabytes that a model's file may have, 512 where nobody has said; compressed, it may
        unfold to four times that.
    :returns: ``changed`` (bool), ``revision``, ``plpython`` (bool: the engine ``python`` can be used).
    :raises NotInstalled: a schema ``dbml`` or ``dbml_scorer`` is there that is not dbml's own.
    :raises PermissionDenied: the role may not create schemas, roles or PL/Python functions.
    """
    done = install_schema(connection, python_path=python_path, artifact_limit=artifact_limit)
    if done["changed"]:
        raw = database.driver(connection)
        with database.translated():
            for row in database.named(raw, "profiles"):
                attached = attachment.attached(raw, row)
                complete = database.named(raw, "attaching", profile=attached.id)[0]["complete"]
                for statement in triggers.functions(attached, online=not complete):
                    attachment.run(raw, statement)
    return done
