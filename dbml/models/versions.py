"""Versions in the database: stored once, never changed, checked in the server before they count."""

from __future__ import annotations

import hashlib
import math
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.json import Jsonb

from dbml import database, errors
from dbml._plpython.plan import dumps
from dbml.database import Connection
from dbml.models import trial, trust
from dbml.schema.install import require

if TYPE_CHECKING:
    import pandas as pd

    from dbml.models.artifact import Artifact
    from dbml.models.signing import Key
    from dbml.scorer.engines import Engines


@dataclass(frozen=True)
class Version:
    """A stored version.

    :param already_there: the identical artifact had been added before; nothing was stored.
    :param notices: what the one who adds it should know: why a faster engine was not taken, differing libraries.
    """

    name: str
    version: int
    engine: str
    already_there: bool = False
    notices: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


def add_model(
    connection: Connection,
    name: str,
    path: Path | str,
    *,
    sample: Path | str | pd.DataFrame | None = None,
    output: str | None = None,
    engine: str = "auto",
    metrics: Mapping[str, float] | None = None,
    note: str | None = None,
    migrated: bool = False,
    trust: Sequence[str] = (),
    key: Path | str | None = None,
) -> Version:
    """Read an artifact, sign it, store it as a new version and verify it inside the server.

    The file is unpickled here, and unpickling runs code: this is for the caller's own files.

    :param sample: rows of the features: they fix the types and become the golden rows.
    :param output: class whose probability is the score, or ``value`` for what ``predict`` says.
    :param engine: ``sql``, ``portable`` or ``python``; ``auto`` takes the cheapest that answers as the estimator.
    :param metrics: what training said of it, such as ``{"auc": 0.91}``; stored as it is.
    :param note: why there is this version.
    :param migrated: whether a migration adds it, whose downgrade may remove it.
    :param trust: full names of types that a skops file may load beside those that skops itself trusts.
    :raises TooLarge: the file, or what it unfolds to, is larger than the database's owner allows; it is not loaded.
    :param key: file of the private key; else ``DBML_KEY``, else the one in the user's configuration.
    :raises UnsignedModel: only the engine ``python`` can run it, and the caller has no key to sign with.
    :raises UntrustedKey: the same, and this database does not trust the caller's key.
    :raises RevokedKey: the same, and it no longer does.
    :raises ArtifactError: the file is no estimator that dbml can serve, or not on the engine asked for.
    :raises SampleError: the sample does not fit the estimator.
    :raises ServerError: the engine needs PL/Python, or its packages, and the server lacks them.
    :raises ParityError: the server's scores are not the estimator's own; nothing is stored.
    """
    # scikit-learn takes a second to import, and most commands never need it.
    from dbml.models import artifact
    from dbml.scorer import engines

    raw = database.driver(connection)
    with database.translated():
        require(raw)
        check_name(name)
        for metric, value in (metrics or {}).items():
            if not math.isfinite(value):
                raise errors.ArtifactError(f'the metric "{metric}" is {value}', "Give a number, such as auc=0.91.")
        if engine not in ("auto", *trial.ENGINES):
            raise errors.ArtifactError(
                f'there is no engine "{engine}"', f"Engines are auto, {', '.join(trial.ENGINES)}."
            )
        plpython = database.named(raw, "has_plpython")[0]["has_plpython"]
        if engine in ("portable", "python") and not plpython:
            raise trial.no_plpython(engine)
        limits = database.named(raw, "limits")[0]
        read = artifact.read(path, sample, output, trust, limit=limits["artifact"], unfolded=limits["unfolded"])
        signer, unsigned = _signer(raw, key)
        database.named(raw, "lock_model", name=name)
        same = database.named(raw, "same_version", name=name, fingerprint=read.fingerprint)
        if same:
            # Perhaps whoever signed it before is no longer trusted.
            signed = _sign(raw, signer, name, same[0]["version"], read)
            notices = ["signed with your key as well"] if signed else []
            return Version(name, same[0]["version"], same[0]["engine"], already_there=True, notices=tuple(notices))
        coming = database.named(raw, "next_version", name=name)[0]
        if engine == "python" and unsigned:
            raise trial.needs_signature(f"{name}@{coming['version']}", unsigned)
        possible = engines.prepare(
            read.estimator,
            read.signature,
            read.golden,
            label=f"{name}@{coming['version']}",
            sql_alone=engine == "sql" or not plpython,
        )
        row = stored_row(name, coming["version"], read, possible) | {
            "metrics": Jsonb(dict(metrics or {})),
            "git_revision": git_revision(path),
            "note": note,
            "migrated": migrated,
        }
        sign = partial(_sign, raw, signer, name, coming["version"], read)
        tried = trial.try_engines(
            raw, row, sign, unsigned, possible.refusals | read.refusals, trial.candidates(engine, plpython)
        )
        chosen = trial.choose(f"{name}@{coming['version']}", engine, plpython, tried, raw, read.libraries)
        row |= {"engine": chosen, "parity": Jsonb(tried.parity), "cost": Jsonb(tried.cost)}
        with raw.transaction():
            database.named(raw, "add_version", **row)
            sign()
            database.named(raw, "prepare", name=name, version=coming["version"], engine=chosen)
        faster = trial.ENGINES[: trial.ENGINES.index(chosen)]
        notices = [f"not on engine {one}: {why}" for one, why in tried.refusals.items() if one in faster]
        differing = trial.differing_library(raw, read.libraries) if chosen == "python" else None
        if differing:
            notices.append(f"{differing}; the golden rows agree")
        if unsigned:
            notices.append(f"not signed, because {unsigned.message}")
    return Version(name, coming["version"], chosen, notices=tuple(notices))


def _signer(raw: psycopg.Connection[Any], path: Path | str | None) -> tuple[Key | None, errors.DbmlError | None]:
    """The caller's key, or why there is none that counts here; only the engine ``python`` cannot do without."""
    try:
        return trust.signer(raw, path), None
    except errors.DbmlError as error:
        return None, error


def _sign(raw: psycopg.Connection[Any], signer: Key | None, name: str, version: int, read: Artifact) -> bool:
    """Store the caller's signature of a version; tells whether it is new."""
    return bool(signer and database.named(raw, "add_signature", **signature_row(signer, name, version, read)))


def signature_row(signer: Key, name: str, version: int, read: Artifact) -> dict[str, Any]:
    """A key's signature of a version, as it is stored beside it (pure)."""
    signature = signer.sign(name, version, read.sha256, read.signature)
    return {"name": name, "version": version, "public_key": signer.public, "signature": signature}


def git_revision(path: Path | str) -> str | None:
    """The commit at which a file's repository stands, ``+`` after it where the file is not as committed there.

    None where there is no repository or no git.
    """
    path = Path(path).resolve()

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(path.parent), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603

    try:
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "--ignored", "--", str(path)) else "")
    except (OSError, subprocess.SubprocessError):
        return None


def stored_row(name: str, version: int, read: Artifact, possible: Engines) -> dict[str, Any]:
    """What the artifact alone says of a version's row; its engine and where it comes from are added to it (pure)."""
    golden = read.golden | {"hurtful_rows": possible.hurtful_rows, "hurtful_scores": possible.hurtful_scores}
    plan = dumps(possible.plan) if possible.plan else None
    return {
        "name": name,
        "version": version,
        "fingerprint": _fingerprint(read, plan),
        "sha256": read.sha256,
        "signature": Jsonb(read.signature),
        "golden": Jsonb(golden),
        "libraries": Jsonb(read.libraries),
        "training_summary": Jsonb(read.training_summary) if read.training_summary else None,
        "artifact": read.blob,
        "kind": read.kind,
        "plan": plan,
        "expression": possible.expression.fast if possible.expression else None,
        "careful_expression": possible.expression.careful if possible.expression else None,
    }


def _fingerprint(read: Artifact, plan: str | None) -> str:
    """What sessions know a scorer by. Another dbml may write another plan of the same artifact."""
    return read.fingerprint if plan is None else f"{read.fingerprint}-{hashlib.sha256(plan.encode()).hexdigest()[:16]}"


def check_name(name: str) -> None:
    """Check that a model can have this name.

    :raises ArtifactError: it cannot.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,39}", name):
        raise errors.ArtifactError(
            f'"{name}" is no name for a model', "Use at most 40 lower-case letters, digits and underscores."
        )


def versions(connection: Connection, name: str | None = None) -> list[dict[str, Any]]:
    """List stored versions, newest last: the columns of the view ``dbml.model``."""
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        rows = database.named(raw, "models", name=name)
        if name is not None and not rows:
            raise _unknown(raw, name, None)
        return rows


def show(connection: Connection, name: str, version: int) -> dict[str, Any]:
    """Describe one version.

    :raises UnknownModel: it is not there.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        rows = [row for row in database.named(raw, "models", name=name) if row["version"] == version]
        if not rows:
            raise _unknown(raw, name, version)
        return rows[0]


def verify(connection: Connection, name: str, version: int) -> dict[str, Any]:
    """Score the golden rows inside the server and compare with the estimator's own answers.

    :returns: ``rows``, ``differing`` (by more than :mod:`dbml._plpython.agreement` allows), ``largest_difference``,
        ``worst_row``, ``error``.
    :raises UnknownModel: it is not there.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        show(raw, name, version)
        return database.named(raw, "verify", name=name, version=version)[0]


def stored(connection: Connection, name: str, version: int) -> dict[str, Any]:
    """Return all that an export needs of a version: its file and kind, signature, golden rows and plan.

    :raises UnknownModel: it is not there.
    :raises ArtifactError: the stored file is not the one that was added.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        rows = database.named(raw, "stored_version", name=name, version=version)
        if not rows:
            raise _unknown(raw, name, version)
    row = rows[0] | {"artifact": bytes(rows[0]["artifact"])}
    found = hashlib.sha256(row["artifact"]).hexdigest()
    if found != row["sha256"]:
        raise errors.ArtifactError(
            f"the stored file of {name}@{version} has sha256 {found}, and it was added with {row['sha256']}",
            "Restore it from a backup, or add the original file as a new version.",
        )
    return row


def deployed(connection: Connection, name: str) -> int:
    """Return the version of a model that is deployed.

    :raises UnknownModel: there is no such model, or none of it is deployed.
    """
    found = [row["version"] for row in versions(connection, name) if row["deployed"]]
    if not found:
        raise errors.UnknownModel(f"no version of {name} is deployed", f"Say which one is meant, such as {name}@1.")
    return int(found[0])


def _unknown(raw: psycopg.Connection[Any], name: str, version: int | None) -> errors.UnknownModel:
    rows = database.named(raw, "models", name=None)
    of_name = [str(row["version"]) for row in rows if row["name"] == name]
    if of_name:
        return errors.UnknownModel(f"there is no {name}@{version}", f"{name} has version {', '.join(of_name)}.")
    return errors.UnknownModel(
        f'there is no model "{name}"',
        f"dbml model add {name} FILE adds one.{errors.nearest(name, {row['name'] for row in rows})}",
    )


def require_model(raw: psycopg.Connection[Any], name: str) -> None:
    """Check that a model has at least one version.

    :raises UnknownModel: it has none.
    """
    if not database.named(raw, "models", name=name):
        raise _unknown(raw, name, None)
