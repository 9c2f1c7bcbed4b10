"""Versions in the database: stored once, never changed, checked in the server before they count."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.json import Jsonb

from dbml import database, errors
from dbml.database import Connection
from dbml.install import probe, require

if TYPE_CHECKING:
    import pandas as pd

ENGINES = ("python",)


@dataclass(frozen=True)
class Version:
    """A stored version.

    :param already_there: the identical artifact had been added before; nothing was stored.
    :param notice: what the one who adds it should know, such as differing library versions.
    """

    name: str
    version: int
    engine: str
    already_there: bool = False
    notice: str | None = None

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
) -> Version:
    """Read an artifact, store it as a new version and verify it inside the server.

    :param sample: rows of the features: they fix the types and become the golden rows.
    :param output: class whose probability is the score, or ``value`` for what ``predict`` says.
    :raises ArtifactError: the file is no estimator that dbml can serve.
    :raises SampleError: the sample does not fit the estimator.
    :raises ServerError: the engine needs PL/Python, or its packages, and the server lacks them.
    :raises ParityError: the server's scores are not the estimator's own; nothing is stored.
    """
    from dbml import artifact  # scikit-learn takes a second to import, and most commands never need it

    raw = database.driver(connection)
    with database.translated():
        require(raw)
        _check_name(name)
        if engine not in ("auto", *ENGINES):
            raise errors.ArtifactError(f'there is no engine "{engine}"', f"Engines are auto, {', '.join(ENGINES)}.")
        if not database.named(raw, "has_plpython")[0]["has_plpython"]:
            raise errors.ServerError(
                "engine python needs PL/Python, and this database has none",
                "dbml doctor names the package to install; then run dbml install again.",
            )
        read = artifact.read(path, sample, output)
        database.named(raw, "lock_model", name=name)
        same = database.named(raw, "version_by_fingerprint", name=name, fingerprint=read.fingerprint)
        if same:
            return Version(name, same[0]["version"], same[0]["engine"], already_there=True)
        with raw.transaction():
            version = database.named(
                raw,
                "add_version",
                name=name,
                engine="python",
                fingerprint=read.fingerprint,
                sha256=read.sha256,
                signature=Jsonb(read.signature),
                golden=Jsonb(read.golden),
                libraries=Jsonb(read.libraries),
                training_summary=Jsonb(read.training_summary) if read.training_summary else None,
                artifact=read.blob,
            )[0]["version"]
            report = verify(raw, name, version)
            differing = _differing_library(raw, read.libraries)
            if report["error"] or report["differing"]:
                raise _parity_error(f"{name}@{version}", report, differing)
    return Version(name, version, "python", notice=differing and f"{differing}; the golden rows agree")


def _check_name(name: str) -> None:
    import re

    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,39}", name):
        raise errors.ArtifactError(
            f'"{name}" is no name for a model', "Use at most 40 lower-case letters, digits and underscores."
        )


def _differing_library(raw: psycopg.Connection[Any], libraries: dict[str, Any]) -> str | None:
    row = database.named(raw, "is_superuser")[0]
    if not row["superuser"]:
        return None
    path = {r["name"]: r["value"] for r in database.named(raw, "settings")}.get("python_path")
    server = probe(raw, path)["packages"]["scikit-learn"]
    mine = libraries.get("scikit-learn")
    if server == mine:
        return None
    return f"the model was made with scikit-learn {mine}, the server has {server or 'none'}"


def _parity_error(version: str, report: dict[str, Any], differing: str | None) -> errors.ParityError:
    because = f" ({differing})" if differing else ""
    if report["error"]:
        return errors.ParityError(
            f"{version} cannot be scored inside the server{because}: {report['error']}",
            "dbml doctor tells what the server lacks. Nothing was stored.",
        )
    return errors.ParityError(
        f"{version} scores {report['differing']} of {report['rows']} golden rows differently inside the server"
        f"{because}; golden row {report['worst_row']} is {report['largest_difference']:.3g} off",
        "Fit the model with the server's scikit-learn, or install the model's on the server. Nothing was stored.",
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

    :returns: ``rows``, ``differing`` (by more than 1e-9), ``largest_difference``, ``worst_row``, ``error``.
    :raises UnknownModel: it is not there.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        show(raw, name, version)
        return database.named(raw, "verify", name=name, version=version)[0]


def export(connection: Connection, name: str, version: int) -> bytes:
    """Return the stored artifact, bit by bit what was added.

    :raises UnknownModel: it is not there.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        rows = database.named(raw, "artifact", name=name, version=version)
        if not rows:
            raise _unknown(raw, name, version)
        return bytes(rows[0]["artifact"])


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
