"""Versions in the database: listed, described, verified, and read back."""

from __future__ import annotations

import hashlib
import re

import psycopg

from dbml import database, errors
from dbml.database import Connection
from dbml.models.version import Content, Verification, Version
from dbml.schema.install import require


def check_name(name: str) -> None:
    """Check that a model can have this name.

    :raises ArtifactError: it cannot.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,39}", name):
        raise errors.ArtifactError(
            f'"{name}" is no name for a model', "Use at most 40 lower-case letters, digits and underscores."
        )


def versions(connection: Connection, name: str | None = None) -> list[Version]:
    """List stored versions, newest last: the view ``dbml.model``.

    :raises UnknownModel: there is none of that name.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        found = database.rows(raw, Version, "models", name=name)
        if name is not None and not found:
            raise _unknown(raw, name, None)
        return found


def remove_version(connection: Connection, name: str, version: int) -> None:
    """Forget a version that has never served, with its file, its plan and what was generated of it.

    :raises UnknownModel: it is not there.
    :raises StillAttached: it serves or has served, a migration added it, or a profile would have no model left.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        database.value(raw, "remove_idle", name=name, version=version)


def show(connection: Connection, name: str, version: int) -> Version:
    """Describe one version.

    :raises UnknownModel: it is not there.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        found = [one for one in database.rows(raw, Version, "models", name=name) if one.version == version]
        if not found:
            raise _unknown(raw, name, version)
        return found[0]


def verify(connection: Connection, name: str, version: int) -> Verification:
    """Score the golden rows inside the server and compare with the estimator's own answers.

    :raises UnknownModel: it is not there.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        show(raw, name, version)
        return database.rows(raw, Verification, "verify", name=name, version=version)[0]


def content(connection: Connection, name: str, version: int) -> Content:
    """Return all that an export needs of a version.

    :raises UnknownModel: it is not there.
    :raises ArtifactError: the stored file is not the one that was added.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        rows = database.rows(raw, Content, "content", name=name, version=version)
        if not rows:
            raise _unknown(raw, name, version)
    stored = rows[0]
    found = hashlib.sha256(stored.artifact).hexdigest()
    if found != stored.sha256:
        raise errors.ArtifactError(
            f"the stored file of {stored.label} has sha256 {found}, and it was added with {stored.sha256}",
            "Restore it from a backup, or add the original file as a new version.",
        )
    return stored


def serving(raw: psycopg.Connection[object]) -> dict[str, Version]:
    """Model → the version of it that serves."""
    return {one.name: one for one in database.rows(raw, Version, "models", name=None) if one.deployed}


def deployed(connection: Connection, name: str) -> int:
    """Return the version of a model that is deployed.

    :raises UnknownModel: there is no such model, or none of it is deployed.
    """
    found = [one.version for one in versions(connection, name) if one.deployed]
    if not found:
        raise errors.UnknownModel(f"no version of {name} is deployed", f"Say which one is meant, such as {name}@1.")
    return found[0]


def require_model(raw: psycopg.Connection[object], name: str) -> None:
    """Check that a model has at least one version.

    :raises UnknownModel: it has none.
    """
    if not database.rows(raw, Version, "models", name=name):
        raise _unknown(raw, name, None)


def _unknown(raw: psycopg.Connection[object], name: str, version: int | None) -> errors.UnknownModel:
    every = database.rows(raw, Version, "models", name=None)
    of_name = [str(one.version) for one in every if one.name == name]
    if of_name:
        return errors.UnknownModel(f"there is no {name}@{version}", f"{name} has version {', '.join(of_name)}.")
    return errors.UnknownModel(
        f'there is no model "{name}"',
        f"dbml model add {name} FILE adds one.{errors.nearest(name, {one.name for one in every})}",
    )
