"""Applications with an async engine: the way that the migrations' page shows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.ext.asyncio import create_async_engine

import dbml
from dbml.errors import ServerError


def url(dsn: str) -> sqlalchemy.URL:
    parts = conninfo_to_dict(dsn)
    return sqlalchemy.URL.create(
        "postgresql+psycopg",
        parts["user"],
        database=parts["dbname"],
        query={"host": parts["host"], "port": parts["port"]},
    )


def test_an_async_connection_is_refused_with_the_way_out(dsn: str) -> None:
    async def refused() -> str:
        engine = create_async_engine(url(dsn))
        async with engine.connect() as connection:
            with pytest.raises(ServerError, match="async"):
                dbml.status(connection)  # type: ignore[arg-type]
            with pytest.raises(ServerError, match="async") as error:
                await connection.run_sync(dbml.status)
        await engine.dispose()
        return error.value.hint or ""

    hint = asyncio.run(refused())

    async def follows() -> list[dict[str, object]]:
        engine = create_async_engine(url(dsn))
        assert "sqlalchemy.create_engine(engine.url.set(drivername='postgresql+psycopg'))" in hint

        def ask() -> list[dict[str, object]]:
            sync = sqlalchemy.create_engine(
                engine.url.set(drivername="postgresql+psycopg"), poolclass=sqlalchemy.NullPool
            )
            with sync.connect() as connection:
                return dbml.status(connection)

        return await asyncio.to_thread(ask)

    assert asyncio.run(follows()) == []


def test_a_template_for_async_runs_with_the_engine_of_the_page(empty_dsn: str, tmp_path: Path) -> None:
    config = Config(tmp_path / "alembic.ini")
    command.init(config, str(tmp_path / "migrations"), template="async")
    config.set_main_option("script_location", str(tmp_path / "migrations"))
    given = url(empty_dsn).set(drivername="postgresql+asyncpg").render_as_string()
    config.set_main_option("sqlalchemy.url", given.replace("%", "%%"))
    page = (Path(__file__).parents[2] / "docs" / "migrations.md").read_text(encoding="utf-8")
    shown = page.partition("def run_migrations_online()")[2].partition("```")[0]
    env = tmp_path / "migrations" / "env.py"
    text = env.read_text(encoding="utf-8")
    head, _, rest = text.partition("def run_migrations_online()")
    imports = (
        "import dbml.alembic\nfrom sqlalchemy import create_engine, make_url\nfrom sqlalchemy.pool import NullPool\n"
    )
    tail = rest[rest.index("if context.is_offline_mode()") :]
    env.write_text(
        head.replace("import asyncio", imports, 1) + "def run_migrations_online()" + shown + tail, encoding="utf-8"
    )
    revision = command.revision(config, "dbml")
    assert revision is not None
    path = Path(revision.path)  # type: ignore[union-attr]
    written = path.read_text(encoding="utf-8")
    path.write_text(
        written.replace("def upgrade() -> None:", "def upgrade() -> None:\n    op.install_dbml()", 1), encoding="utf-8"
    )
    command.upgrade(config, "head")
    with sqlalchemy.create_engine(url(empty_dsn), poolclass=sqlalchemy.NullPool).connect() as connection:
        assert dbml.status(connection) == []
