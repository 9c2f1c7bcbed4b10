"""dbml in the application's own Alembic migrations.

Alembic loads this package by its entry point; ``import dbml.alembic`` in ``env.py`` does the same. Revisions then have
``op.install_dbml``, ``op.add_model``, ``op.deploy_model``, ``op.attach_profile``, ``op.alter_profile`` and their
reverses (:mod:`dbml.alembic.operations`), and ``alembic revision --autogenerate`` compares what :func:`declare`
declares with the database.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dbml.alembic.declaration import Release, declare, read_manifest

if TYPE_CHECKING:
    from alembic.runtime.plugins import Plugin

__all__ = ["Release", "declare", "read_manifest", "setup"]

# Under this name env.py need not list it: Alembic compares by all of alembic.autogenerate.*.
NAME = "alembic.autogenerate.dbml"
_is_set_up = False


def setup(plugin: Plugin) -> None:
    """Give Alembic the operations, how they are written, and what autogenerate compares. Alembic calls it."""
    from alembic.util import DispatchPriority

    from dbml.alembic import autogenerate, implementation, rendering

    global _is_set_up
    if _is_set_up:
        return
    _is_set_up = True
    implementation.register()
    rendering.register()
    # After the tables: what it proposes stands around their changes.
    plugin.add_autogenerate_comparator(autogenerate.compare, "schema", "dbml", priority=DispatchPriority.LAST)


def _set_up_without_entry_point() -> None:
    loading = sys.modules.get("alembic")
    if loading is not None and not hasattr(loading, "__version__"):
        return  # Alembic is being imported, has come here by the entry point, and calls setup() next
    from alembic.runtime.plugins import Plugin

    if not _is_set_up:
        Plugin.setup_plugin_from_module(sys.modules[__name__], NAME)


_set_up_without_entry_point()
