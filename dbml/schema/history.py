"""The Alembic revisions of the schema ``dbml``, as SQL (pure)."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING

from psycopg import sql

from dbml.script import block, quoted

# Alembic imports dbml.alembic, its plugin, in the midst of its own import: dbml imports Alembic where it is used.
if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

# Alembic keeps the migration that runs in module globals.
_ALEMBIC = threading.Lock()


def head() -> str | None:
    """The newest revision."""
    return _history(_alembic()).get_current_head()


def between(before: str | None, after: str = "head") -> str:
    """SQL from the revision ``before`` (None: nothing yet) to another."""
    from alembic import command

    script = io.StringIO()
    with _ALEMBIC, _outer_migration_kept():
        command.upgrade(_alembic(script), f"{before or 'base'}:{after}", sql=True)
    return script.getvalue()


def steps() -> list[str]:
    """Every revision, oldest first, as a statement that does it where it is the next one."""
    revisions = [script.revision for script in _history(_alembic()).walk_revisions()][::-1]
    return [_step(before, revision) for before, revision in zip([None, *revisions], revisions, strict=False)]


def _step(before: str | None, revision: str) -> str:
    return block(
        "declare\n  current_revision text;\nbegin\n"
        "  if to_regclass('dbml.alembic_version') is not null then\n"
        "    execute 'select version_num from dbml.alembic_version' into current_revision;\n  end if;\n"
        f"  if current_revision is not distinct from {sql.Literal(before).as_string(None)} then\n"
        f"    execute {quoted(between(before, revision))};\n  end if;\nend"
    )


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
