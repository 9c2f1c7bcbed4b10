"""The application of ``examples/churn``, copied to a folder of the test's own and run through Alembic's own commands."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import MigrateOperation, Operations
from alembic.script import Script
from psycopg.conninfo import conninfo_to_dict

EXAMPLE = Path(__file__).parents[1] / "examples" / "churn"


def url(dsn: str) -> str:
    """A DSN as SQLAlchemy writes it."""
    parts = {key: str(value) for key, value in conninfo_to_dict(dsn).items()}
    return sqlalchemy.URL.create("postgresql+psycopg", query=parts).render_as_string(hide_password=False)


def as_script(*operations: MigrateOperation, models: sqlalchemy.MetaData | None = None) -> str:
    """What Alembic writes of operations with ``--sql``."""
    printed = io.StringIO()
    options = {"as_sql": True, "output_buffer": printed, "target_metadata": models}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    for operation in operations:
        Operations(context).invoke(operation)
    return printed.getvalue()


@dataclass(frozen=True)
class Application:
    """A folder with ``alembic.ini``, and its database."""

    folder: Path
    dsn: str
    patch: pytest.MonkeyPatch

    def alembic(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Run an Alembic command in this folder."""
        self._enter()
        return getattr(command, name)(Config(self.folder / "alembic.ini"), *arguments, **options)

    def script(self, revisions: str, direction: str = "upgrade") -> str:
        """What ``alembic upgrade --sql`` prints."""
        self._enter()
        printed = io.StringIO()
        config = Config(self.folder / "alembic.ini", output_buffer=printed)
        getattr(command, direction)(config, revisions, sql=True)
        return printed.getvalue()

    def psql(self, script: str) -> None:
        """Run a script as a DBA would."""
        subprocess.run(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.dsn],
            input=script.encode(),
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def propose(self) -> str:
        """The text of the revision that ``alembic revision --autogenerate`` writes."""
        script = self.alembic("revision", "proposed", autogenerate=True)
        assert isinstance(script, Script)
        return Path(script.path).read_text()

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text in one of the application's files."""
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query).fetchall()

    def execute(self, statements: str) -> None:
        with psycopg.connect(self.dsn) as connection:
            connection.execute(statements)

    def _enter(self) -> None:
        self.patch.setenv("DATABASE_URL", url(self.dsn))
        self.patch.setattr(sys, "dont_write_bytecode", True)
        self.patch.setattr(sys, "path", list(sys.path))
        sys.modules.pop("shop", None)


def truth(application: Application, version: int) -> list[float]:
    """scikit-learn's own scores of all customers, counters counted anew."""
    with psycopg.connect(application.dsn) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select c.plan, c.spend, count(e.id) as complaints,"
            " count(e.id) filter (where e.severity >= 3) as severe_complaints"
            " from customer c left join complaint e on e.customer_id = c.id group by c.id order by c.id"
        )
        rows = pd.DataFrame(cursor.fetchall(), columns=[c.name for c in cursor.description or []])
    estimator = joblib.load(application.folder / "models" / f"churn-{version}.joblib")
    return list(np.asarray(estimator.predict_proba(rows[list(estimator.feature_names_in_)]))[:, 1])
