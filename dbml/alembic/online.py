"""Installing by migration: as ``dbml install``, and remembered, so that a downgrade takes back only what it did."""

from __future__ import annotations

from typing import Any

import psycopg

from dbml import database
from dbml.serving.upgrade import install as install_schema


def install(raw: psycopg.Connection[Any], python_path: str | None) -> list[str]:
    """Create or upgrade the schema in the migration's transaction; returns what there is to be said of it."""
    before = database.named(raw, "installation")[0]
    done = install_schema(raw, python_path=python_path)
    after = database.named(raw, "installation")[0]
    times = {row["name"]: row["value"] for row in database.named(raw, "settings")}.get("migrations")
    if not before["version_table"]:
        database.named(raw, "save_setting", name="migrations", value="1")
        if after["plpython_created"] and not before["plpython_created"]:
            database.named(raw, "save_setting", name="created_plpython", value="true")
    elif times is not None:
        database.named(raw, "save_setting", name="migrations", value=str(int(times) + 1))
    notices: list[str] = done["notices"]
    return notices
