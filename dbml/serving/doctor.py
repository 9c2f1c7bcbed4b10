"""What a server can run, engine by engine, what is missing, and the command that mends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from dbml import database
from dbml.database import Connection
from dbml.errors import ServerError
from dbml.profiles import catalog, checks, expectation
from dbml.schema.install import Installation, compiled, installation, probe, rights_amiss
from dbml.schema.runtime import OLDEST_PYTHON

# numpy and pandas come with what is installed for scikit-learn's DataFrame input.
_PACKAGES = ("numpy", "scikit-learn", "joblib", "pandas", "cryptography")
# A share of the updates. Undisturbed, 99 of 100 are HOT at any fillfactor from 85 to 100.
HOT_ENOUGH = 0.8
_FROM_DEBIAN = {"cryptography": "apt-get install python3-cryptography, or "}


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    :param needed: without it dbml, or a model that is deployed, cannot work.
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
    with database.translated(), database.pinned(raw):
        facts = installation(raw)
        findings = [
            Finding("PostgreSQL", database.answer(raw, "show server_version"), ok=True),
            *_rights(facts),
        ]
        readable = facts.own and database.answer(raw, "select has_schema_privilege('dbml', 'usage') as yes")
        served = _served(raw) if readable else {}
        try:
            python, broken = _python(raw, facts) if facts.plpython_available else None, None
        except ServerError as error:
            python, broken = None, error
        findings += _engines(raw, readable, facts, python, served, broken)
        if facts.own and facts.superuser and facts.has_signatures:
            findings += _unsigned(raw)
        if readable:
            findings += _broken(raw) + _undelivered(raw)
        if facts.own and facts.superuser:
            findings += _checks_added(raw) + _updates(raw)
        findings.append(
            Finding(
                "schema dbml",
                "installed"
                if facts.own
                else "restored without its owners"
                if facts.restored
                else "another's"
                if facts.schema_dbml
                else "not installed",
                ok=facts.own,
                mend=None
                if facts.own
                else "dbml install"
                if facts.restored
                else "rename it: alter schema dbml rename to …"
                if facts.schema_dbml
                else "dbml install",
            )
        )
        if readable and database.value(raw, "may_ask_hashes"):
            findings += _hashes(raw)
        if facts.own:
            findings += [
                Finding(
                    "schema dbml",
                    f"{row['function']} is not dbml's own",
                    False,
                    mend=f"drop function {row['function']}",
                )
                for row in database.named(raw, "foreign_functions")
            ]
        if readable and facts.superuser:
            findings += [*_granted(raw), *_run_as_owner(raw, facts), *_others_triggers(raw)]
    return findings


def _granted(raw: psycopg.Connection[Any]) -> list[Finding]:
    """Rights that dbml has not left as they are: what is gone stops somebody, what was added opens something."""
    rights = rights_amiss(raw)
    gone = [right for right in rights if right["missing"]]
    findings = []
    if gone:
        first = "{object}: {grantee} lacks {privileges}".format_map(gone[0])
        more = f", and {len(gone) - 1} more like it" if len(gone) > 1 else ""
        findings.append(Finding("rights", f"{first}{more}", ok=False, mend="dbml install"))
    findings += [
        Finding(
            "rights",
            "{object}: {grantee} may {privileges}, which dbml did not grant".format_map(right),
            ok=False,
            needed=False,
            mend="if nobody meant it: revoke {privileges} on {object} from {grantee}".format_map(right),
        )
        for right in rights
        if not right["missing"] and right["privileges"] != "owner"
    ]
    return findings


def _others_triggers(raw: psycopg.Connection[Any]) -> list[Finding]:
    """Others' triggers that came after attaching, and do not go with dbml's."""
    whole = [record for record in catalog.records(raw) if not database.named(raw, "broken", profile=record.id)]
    return [
        Finding(f"profile {attachment.table}", said, ok=False, needed=False, mend=mend)
        for attachment in (catalog.attached(raw, record) for record in whole)
        for said, mend in checks.others_triggers(raw, attachment)
    ]


def _run_as_owner(raw: psycopg.Connection[Any], facts: Installation) -> list[Finding]:
    """Roles whose code dbml_owner runs where it writes to an attached table; docs/security.md says how."""
    found = database.named(raw, "runs_as_owner")
    with database.pinned(raw):
        for record in [] if facts.read_only else catalog.records(raw):
            if database.named(raw, "broken", profile=record.id):
                continue
            with raw.transaction(force_rollback=True):  # a temporary view tells what an expression calls
                for table, text in expectation.calls(catalog.attached(raw, record)):
                    asked = {"table": table.oid, "expression": text, "trusted": record.trusted}
                    found += database.named(raw, "called_as_owner", **asked)
    told = dict.fromkeys((row["role"], row["how"]) for row in found)
    return [
        Finding(
            "trust",
            f"{role} can have code run as dbml_owner, because it {how}",
            ok=False,
            needed=False,
            mend="detach the table, or take that right away; if you trust the role as a member of dbml_owner: "
            "dbml attach SPEC.toml --trust",
        )
        for role, how in told
    ]


def _checks_added(raw: psycopg.Connection[Any]) -> list[Finding]:
    """Constraints that came since, by which a counter or a score could fail in another's insert."""
    said = {"constraint": "check", "column": "not null on"}
    return [
        Finding(
            f"profile {row['profile']}",
            f"{said.get(row['what'], row['what'])} {row['name']} came later: "
            "where a counter or a score violates it, the error shows the row to whoever inserts an event",
            ok=False,
            needed=False,
            mend=row["mend"] or f"dbml repair {row['profile']}",
        )
        for row in database.named(raw, "checks_added")
    ]


def _updates(raw: psycopg.Connection[Any]) -> list[Finding]:
    """How many updates of profiles spare their indexes (HOT); each event updates a profile row."""
    findings = []
    for row in database.named(raw, "updates"):
        indexes, ok = row["indexes"], row["hot"] >= HOT_ENOUGH
        mend = (
            f"none can be while what dbml writes is indexed: drop index {', '.join(indexes)}, if nobody needs it"
            if indexes
            else f"alter table {row['profile']} set (fillfactor = 85), then vacuum full; and end transactions sooner"
        )
        found = f"{row['hot']:.0%} of the updates are HOT, which leave the indexes alone"
        findings.append(Finding(f"profile {row['profile']}", found, ok=ok, needed=False, mend=None if ok else mend))
    return findings


def _broken(raw: psycopg.Connection[Any]) -> list[Finding]:
    """Profiles whose tables others have changed, so that something is not counted or scored."""
    return [
        Finding(f"profile {row['profile']}", what, ok=False, mend=f"dbml repair {row['profile']}")
        for row in database.named(raw, "broken_profiles")
        for what in row["broken"]
    ]


def _undelivered(raw: psycopg.Connection[Any]) -> list[Finding]:
    """Events that wait although a relay would have taken them; no insert ever fails for their sake."""
    return [
        Finding(
            f"events of {row['topic']}",
            f"{row['waiting']} wait to be relayed, the oldest since {row['oldest']}"
            + (f": {row['error']}" if row["error"] else ", and no relay takes them"),
            ok=False,
            needed=False,
            mend="dbml worker --publish-to URL, once the broker answers; if nobody wants them any more: "
            f"select dbml.discard_events({row['literal']})",
        )
        for row in database.named(raw, "outbox_waiting")
    ]


def _hashes(raw: psycopg.Connection[Any]) -> list[Finding]:
    """Whether entities have here the arms that they have on other servers."""
    if not database.value(raw, "hashes_differ"):
        return [Finding("hashes of keys", "as on other servers", ok=True)]
    hashed = database.column(raw, "hashed_profiles")
    if not hashed:
        return [Finding("hashes of keys", "not those of other servers, and no profile needs them", ok=True)]
    return [
        Finding(
            "hashes of keys",
            "not those of other servers: entities of a database that was moved here have other arms, in "
            + ", ".join(hashed),
            ok=False,
            needed=False,
            mend="end what runs side by side (dbml serving lists it) with dbml abort NAME, and start it again; with a "
            "bucket_column in the spec, arms survive any move",
        )
    ]


def _rights(facts: Installation) -> list[Finding]:
    """Whether this role can install; once dbml is installed that is only worth a note."""
    may_install = facts.superuser or (facts.may_create and facts.may_create_roles)
    findings = [
        Finding(
            "role",
            f"{facts.role}, {'superuser' if facts.superuser else 'not a superuser'}",
            ok=facts.superuser,
            needed=not may_install and not facts.own,
            mend=None
            if facts.superuser
            else "connect as a superuser: only one may create PL/Python functions (psql: \\du lists them)",
        )
    ]
    if facts.read_only:
        findings.append(
            Finding(
                "transactions",
                "read-only",
                ok=False,
                needed=not facts.own,
                mend="connect to the primary, or: alter system set default_transaction_read_only = off",
            )
        )
    return findings


def _unsigned(raw: psycopg.Connection[Any]) -> list[Finding]:
    """Versions that no longer run, or never did, for want of a trusted signature."""
    return [
        Finding(
            f"signature of {row['model']}@{row['version']}",
            "none by a trusted key, so it does not run",
            ok=False,
            needed=row["deployed"],
            mend=f"dbml model add {row['model']} FILE, the same file again, signs it",
        )
        for row in database.named(raw, "unsigned_versions")
    ]


def _served(raw: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """Engine → the versions deployed on it."""
    found: dict[str, list[str]] = {}
    for row in database.named(raw, "deployed_engines"):
        found.setdefault(row["engine"], []).append(f"{row['name']}@{row['version']}")
    return found


def _python(raw: psycopg.Connection[Any], facts: Installation) -> dict[str, Any] | None:
    """What PL/Python has; None where this role cannot ask it."""
    if not facts.superuser or facts.read_only:
        return None
    path = None
    if facts.own:
        path = {row["name"]: row["value"] for row in database.named(raw, "settings")}.get("python_path")
    return probe(raw, path)


def _engines(
    raw: psycopg.Connection[Any],
    readable: bool,
    facts: Installation,
    python: dict[str, Any] | None,
    served: Mapping[str, Sequence[str]],
    broken: ServerError | None,
) -> list[Finding]:
    """Each engine with what it lacks, and before it what it needs.

    :param broken: what the server says if it cannot load its PL/Python.
    """
    needed = {engine: bool(served.get(engine)) for engine in ("portable", "python")}
    lacks: str | None = None
    mend: str | None = None
    findings = []
    if not facts.plpython_available:
        lacks = "PL/Python, which is not on this server"
        mend = f"apt-get install postgresql-plpython3-{raw.info.server_version // 10000}; then dbml install"
    elif broken:
        lacks, mend = "a PL/Python that can be loaded", broken.hint
        findings.append(Finding("PL/Python", broken.message, ok=False, needed=False, mend=mend))
    elif readable and not database.value(raw, "has_plpython"):
        lacks, mend = "its functions in the schema dbml: PL/Python came after dbml", "as a superuser: dbml install"
    elif python is not None and tuple(map(int, python["python"].split(".")[:2])) < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        lacks, mend = f"a newer Python: PL/Python runs {python['python']}", f"give PL/Python a Python {oldest} or newer"
    missing = []
    if python is not None:
        findings.append(Finding("PL/Python's Python", python["python"], ok=True))
        if readable and not lacks and not compiled(raw, python):
            findings.append(Finding("compiled plans", "of another Python", ok=False, needed=False, mend="dbml install"))
        missing = [package for package in _PACKAGES if python["packages"][package] is None]
        findings += [_package(python, package, needed["python"]) for package in _PACKAGES]
        findings += [_threads(setting, value) for setting, value in python["threads"].items()]

    def engine(name: str, lacks: str | None, mend: str | None) -> Finding:
        serves = f"; serves {', '.join(served[name])}" if name in served else ""
        can = "can run" if facts.superuser or name == "sql" else "can run, as far as a role that is no superuser sees"
        found = f"cannot run, it lacks {lacks}" if lacks else can
        return Finding(f"engine {name}", found + serves, ok=not lacks, needed=needed.get(name, True), mend=mend)

    findings.append(engine("sql", None, None))
    findings.append(engine("portable", lacks, mend))
    if missing and not lacks:
        lacks, mend = f"{', '.join(missing)} in the server's Python", None
    findings.append(engine("python", lacks, mend))
    return findings


def _package(python: Mapping[str, Any], package: str, needed: bool) -> Finding:
    version = python["packages"][package]
    minor = python["python"].rpartition(".")[0]
    return Finding(
        package,
        version or "not importable by the server",
        ok=version is not None,
        needed=needed,
        mend=None
        if version
        else f"on the server: {_FROM_DEBIAN.get(package, '')}"
        f"python{minor} -m pip install --target /opt/dbml-packages {package}; "
        "then dbml install --python-path /opt/dbml-packages",
    )


def _threads(setting: str, value: str | None) -> Finding:
    return Finding(
        setting,
        value or "not set",
        ok=value == "1",
        needed=False,
        mend=None
        if value == "1"
        else f"{setting} = '1' in the server's environment file (dbml sets it in each session too)",
    )
