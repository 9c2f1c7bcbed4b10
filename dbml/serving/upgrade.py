"""Installing over what is there: the functions that were generated at each attachment follow dbml's own code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbml import database
from dbml.database import Connection
from dbml.models import trust
from dbml.profiles import attachment, catalog, triggers
from dbml.schema.install import install as install_schema
from dbml.script import Script


def install(
    connection: Connection | Script,
    *,
    python_path: str | None = None,
    artifact_limit: int | None = None,
    key: Path | str | None = None,
) -> dict[str, Any]:
    """Create or upgrade the schema ``dbml`` in the caller's transaction. Safe to repeat and to run twice at once.

    No table that is attached is locked: sessions that are open go on, with the new code from their next statement.

    :param python_path: folder on the server with the packages that PL/Python's own path lacks.
    :param artifact_limit: megabytes that a model's file may have, 512 where nobody has said; compressed, it may
        unfold to four times that.
    :param key: file of the private key by which the one who installs will sign models; else ``DBML_KEY``, else the one
        in the user's configuration. Made if it is not there; its public half is trusted from here on.
    :returns: ``changed`` (bool), ``revision``, ``plpython`` (bool: the engine ``python`` can be used), ``notices``
        (sentences about the key).
    :raises NotInstalled: a schema ``dbml`` or ``dbml_scorer`` is there that is not dbml's own.
    :raises PermissionDenied: the role may not create schemas, roles or PL/Python functions.
    """
    done = install_schema(connection, python_path=python_path, artifact_limit=artifact_limit)
    if isinstance(connection, Script):
        return {"notices": trust.introduce(connection, key)}
    raw = database.driver(connection)
    with database.translated():
        done["notices"] = trust.introduce(raw, key)
        if done["changed"]:
            for record in catalog.records(raw):
                attached = catalog.attached(raw, record)
                for statement in triggers.functions(attached, online=not record.complete):
                    attachment.run(raw, statement)
    return done
