"""Whose signatures count in a database: only an administrator says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from dbml import database, errors
from dbml._plpython.signing import NotTrusted, judge
from dbml.database import Connection, Record
from dbml.models import signing
from dbml.schema.install import require
from dbml.script import Script, Sink, perform


@dataclass(frozen=True)
class TrustedKey(Record):
    """A public key that is or was trusted: a row of the table ``dbml.trusted_key``."""

    public_key: str
    fingerprint: str
    owner: str | None
    added_at: datetime
    added_by: str
    revoked_at: datetime | None
    revoked_by: str | None


@dataclass(frozen=True)
class Signature:
    """A key's signature of a version.

    :param known: whether the key is or was trusted here.
    :param owner: the key's; None where it was never trusted.
    """

    public_key: str
    signature: bytes
    known: bool
    revoked: bool
    owner: str | None


def trust_key(connection: Connection, public_key: str, owner: str | None = None) -> bool:
    """Let versions run that this key has signed.

    :param public_key: as ``dbml key new`` prints it.
    :param owner: whose key it is, for those who read it later.
    :returns: False where it was trusted before.
    :raises RevokedKey: a revoked key stays so.
    :raises PermissionDenied: the role is no member of ``dbml_owner``.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        return bool(database.value(raw, "trust_key", public_key=public_key, owner=owner))


def revoke_key(connection: Connection, key: str) -> str:
    """Stop what only this key has signed, in every session, from its next statement on.

    :param key: the public key, or its fingerprint.
    :returns: the owner.
    :raises UntrustedKey: it was never trusted.
    :raises PermissionDenied: the role is no member of ``dbml_owner``.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        return str(database.value(raw, "revoke_key", key=key))


def trusted_keys(connection: Connection) -> list[TrustedKey]:
    """List the keys that are or were trusted."""
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        return database.rows(raw, TrustedKey, "trusted_keys", public_key=None)


def signer(raw: psycopg.Connection[Any], path: Path | str | None) -> signing.Key:
    """Return the user's key, if this database trusts it.

    :raises UnsignedModel: there is no key.
    :raises UntrustedKey: nobody has trusted it here.
    :raises RevokedKey: somebody no longer does.
    :raises KeyFileError: others can read it, or it is no key.
    """
    key = signing.read_key(path)
    if key is None:
        raise errors.UnsignedModel(
            f"you have no key to sign with: there is no {signing.key_path(path)}",
            "dbml key new makes one; an administrator then says: dbml key trust PUBLIC_KEY --owner NAME",
        )
    held = _held(raw, key)
    if held is None:
        raise errors.UntrustedKey(
            "this database does not trust your key", f"An administrator says: {signing.trust_command(key)}"
        )
    if held.revoked_at:
        raise errors.RevokedKey(
            f"your key was revoked by {held.revoked_by}",
            f"Move {signing.key_path(path)} away; then dbml key new makes another, for an administrator to trust.",
        )
    return key


def require_signature(
    raw: psycopg.Connection[Any], name: str, version: int, sha256: str, interface: Mapping[str, Any]
) -> None:
    """Before a stored file is unpickled here: refuse one that no trusted key has signed.

    :param sha256: of the file as it came from the table.
    :param interface: as stored.
    :raises UnsignedModel: nobody has signed it.
    :raises UntrustedKey: nobody whose key this database trusts has.
    :raises RevokedKey: it no longer trusts the key.
    :raises InvalidSignature: something of the version is not what was signed.
    """
    held = database.rows(raw, Signature, "version_signatures", name=name, version=version)
    try:
        judge([vars(one) for one in held], name, version, sha256, interface)
    except NotTrusted as error:
        kinds = {kind.sqlstate: kind for kind in errors.DbmlError.__subclasses__()}
        raise kinds[error.sqlstate](str(error), error.hint) from error


def _held(raw: psycopg.Connection[Any], key: signing.Key) -> TrustedKey | None:
    """What this database knows of a key."""
    return next(iter(database.rows(raw, TrustedKey, "trusted_keys", public_key=key.public)), None)


def introduce(sink: Sink, path: Path | str | None) -> list[str]:
    """Have the key of the administrator who installs trusted, and make one if there is none.

    :returns: what was done or why nothing was, in sentences. No key is no reason not to install.
    """
    said = []
    try:
        key, made = signing.own_key(path)
        held = None if isinstance(sink, Script) else _held(sink, key)
        if held is None:
            perform(sink, "introduce_key", public_key=key.public, owner=signing.owner())
            which = "a new key" if made else "your key"
            said.append(f"what you add is signed with {which}, {signing.key_path(path)}, trusted here from now on")
        elif held.revoked_at:
            said.append(f"your key {held.fingerprint} was revoked, and stays so")
    except errors.KeyFileError as error:
        said.append(
            f"no key of yours is trusted, and models for the engine python need one: {error.message}. {error.hint}"
        )
    return said
