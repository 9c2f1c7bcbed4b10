"""Tokens: who a client is. A file maps each token, of which it has the SHA-256 alone, to a role of the database.

A line of the file is ``SHA256 ROLE``, or ``SHA256 ROLE EXPIRES`` with a moment of ISO 8601. A token has 256 random
bits, so that a plain hash of it tells nothing.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dbml import errors
from dbml.service.refusal import Refusal


@dataclass(frozen=True)
class Grant:
    """What a token is worth: a role, until a moment."""

    role: str
    expires: datetime | None


class Tokens:
    """The tokens of a file, read again when the file has changed.

    :raises TokenFileError: it cannot be read, others may write it, or a line makes no sense.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._grants: dict[str, Grant] = {}
        self._refresh()

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_size)
            if seen == self._seen:
                return
            if stat.st_uid not in (0, os.geteuid()):
                raise errors.TokenFileError(
                    f"{self._path} belongs to another user, who may become any role of it",
                    f"chown {os.geteuid()} {self._path}",
                )
            if stat.st_mode & 0o022:
                raise errors.TokenFileError(
                    f"others may write {self._path}, and so become any role of it", f"chmod go-w {self._path}"
                )
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise errors.TokenFileError(
                f"the file of tokens cannot be read: {error}", f"dbml token new ROLE --file {self._path}"
            ) from error
        self._grants = dict(_grant(line, self._path) for line in lines if line.strip() and not line.startswith("#"))
        self._seen = seen

    def role(self, header: str | None) -> str:
        """Return the role of whoever sent this header ``Authorization``.

        :raises Refusal: no token, one that is not known, or one that has expired.
        """
        self._refresh()
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refusal(401, "a token is needed: send it as Authorization: Bearer TOKEN")
        grant = self._grants.get(_hash(token.strip()))
        if grant is None:
            raise Refusal(401, "the token is not known; ask the operator of this service for one")
        if grant.expires is not None and grant.expires <= datetime.now(UTC):
            raise Refusal(
                401, f"the token expired at {grant.expires.isoformat()}; ask the operator of this service for another"
            )
        return grant.role


def add(path: Path, role: str, expires: datetime | None = None) -> str:
    """Make a token for a role, and write its hash to the file; a new file is its owner's alone.

    :returns: the token, which is kept nowhere.
    :raises TokenFileError: the file cannot be written, or no role can have this name in it.
    """
    if not role or any(character.isspace() for character in role):
        raise errors.TokenFileError(f'a file of tokens cannot name the role "{role}"', "Use a role without spaces.")
    token = secrets.token_urlsafe(32)
    words = [_hash(token), role, *([expires.astimezone(UTC).isoformat()] if expires else [])]
    try:
        with open(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "a", encoding="utf-8") as file:
            file.write(" ".join(words) + "\n")
    except OSError as error:
        raise errors.TokenFileError(f"the file of tokens cannot be written: {error}", None) from error
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _grant(line: str, path: Path) -> tuple[str, Grant]:
    words = line.split()
    try:
        digest, role, *rest = words
        expires = datetime.fromisoformat(rest[0]) if rest else None
        if len(bytes.fromhex(digest)) != 32 or len(rest) > 1 or (expires and expires.tzinfo is None):
            raise ValueError
    except (ValueError, IndexError):
        raise errors.TokenFileError(
            f"a line of {path} is not SHA256 ROLE [EXPIRES]: {line[:80]}", "dbml token new writes such lines."
        ) from None
    return digest, Grant(role, expires)
