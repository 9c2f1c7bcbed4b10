"""What a server can run, what is missing, and the command that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from dbml import database
from dbml.database import Connection
from dbml.install import probe

# numpy and pandas come with what is installed for scikit-learn's DataFrame input.
_PACKAGES = {"numpy": True, "scikit-learn": True, "joblib": True, "pandas": True}


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    :param needed: without it dbml, or the engine that takes any estimator, cannot work.
    :param mend: the command that mends it, where something is to mend.
    """

    what: str
    found: str
    ok: bool
    needed: bool = True
    mend: str | None = None


def examine(connection: Connection) -> list[Finding]:
    """Ask the server what it has; leaves nothing behind.

    :raises ServerError: the server is too old, or cannot be reached.
    """
    raw = database.driver(connection)
    with database.translated():
        facts = database.named(raw, "installation")[0]
        major = raw.info.server_version // 10000
        findings = [
            Finding("PostgreSQL", database.query(raw, "show server_version")[0]["server_version"], ok=True),
            Finding(
                "role",
                f"{facts['role']}, {'superuser' if facts['superuser'] else 'not a superuser'}",
                ok=facts["superuser"],
                mend=None
                if facts["superuser"]
                else "connect as a superuser: only one may create PL/Python functions (psql: \\du lists them)",
            ),
        ]
        if facts["read_only"]:
            findings.append(
                Finding(
                    "transactions",
                    "read-only",
                    ok=False,
                    mend="alter system set default_transaction_read_only = off",
                )
            )
        available = facts["plpython_available"]
        findings.append(
            Finding(
                "PL/Python",
                "available" if available else "not on this server",
                ok=available,
                mend=None if available else f"apt-get install postgresql-plpython3-{major}",
            )
        )
        if available and facts["superuser"] and not facts["read_only"]:
            findings += _python(raw, facts["own"])
        findings.append(
            Finding(
                "schema dbml",
                "installed" if facts["own"] else "another's" if facts["schema_dbml"] else "not installed",
                ok=facts["own"],
                mend=None
                if facts["own"]
                else "rename it: alter schema dbml rename to …"
                if facts["schema_dbml"]
                else "dbml install",
            )
        )
        if facts["own"]:
            findings += [
                Finding(
                    "schema dbml",
                    f"{row['function']} is not dbml's own",
                    False,
                    mend=f"drop function {row['function']}",
                )
                for row in database.named(raw, "foreign_functions")
            ]
    return findings


def _python(raw: psycopg.Connection[Any], installed: bool) -> list[Finding]:
    path = None
    if installed:
        path = {row["name"]: row["value"] for row in database.named(raw, "settings")}.get("python_path")
    facts = probe(raw, path)
    minor = facts["python"].rpartition(".")[0]
    findings = [Finding("PL/Python's Python", facts["python"], ok=True)]
    for package, needed in _PACKAGES.items():
        version = facts["packages"][package]
        findings.append(
            Finding(
                package,
                version or "not importable by the server",
                ok=version is not None,
                needed=needed,
                mend=None
                if version
                else f"on the server: python{minor} -m pip install --target /opt/dbml-packages {package}; "
                "then dbml install --python-path /opt/dbml-packages",
            )
        )
    for setting, value in facts["threads"].items():
        findings.append(
            Finding(
                setting,
                value or "not set",
                ok=value == "1",
                needed=False,
                mend=None
                if value == "1"
                else f"{setting} = '1' in the server's environment file (dbml sets it in each session too)",
            )
        )
    return findings
