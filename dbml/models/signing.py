"""Private keys, which are files and never leave this machine, and what is signed with them."""

from __future__ import annotations

import getpass
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbml._plpython.signing import SCHEME, record
from dbml.errors import KeyFileError

# Imported where it is used: most commands sign nothing.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ENVIRONMENT = "DBML_KEY"
_OTHERS = 0o077
_ELSEWHERE = f"Name a place that is yours: --key FILE, or {ENVIRONMENT}."


@dataclass(frozen=True)
class Key:
    """A private key; only its public half is ever shown.

    :param public: ``ed25519:`` and 64 hexadecimal digits.
    """

    public: str
    private: Ed25519PrivateKey

    def sign(self, name: str, version: int, sha256: str, interface: Mapping[str, Any]) -> bytes:
        """Sign a version: 64 bytes over the record of ``docs/signing.md``."""
        return self.private.sign(record(name, version, sha256, interface))


def key_path(path: Path | str | None = None) -> Path:
    """Where the private key is: as given, else ``DBML_KEY``, else in the user's configuration.

    :raises KeyFileError: the user has no home folder.
    """
    named = path or os.environ.get(ENVIRONMENT)
    if named:
        return Path(named)
    configured = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    try:
        # As the XDG specification has it, a relative path counts for nothing.
        base = configured if configured.is_absolute() else Path.home() / ".config"
    except RuntimeError as error:
        raise KeyFileError("this user has no home folder for a key", _ELSEWHERE) from error
    return base / "dbml" / "key.pem"


def owner() -> str:
    """Who the user is on this machine, as a key's owner is called unless said otherwise."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def new_key(path: Path | str | None = None) -> Key:
    """Make a private key in a file that only its owner can read.

    :raises KeyFileError: there is one, or the file cannot be written.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    path = key_path(path)
    private = Ed25519PrivateKey.generate()
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Complete or absent: another process may be reading it, or making one, at this very moment.
        unfinished = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
        with open(unfinished, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(text)
        try:
            os.link(unfinished, path)
        finally:
            unfinished.unlink()
    except FileExistsError as error:
        found = read_key(path)
        raise KeyFileError(
            f"there is a key already: {path}" if found else f"cannot write the key {path}: {error.strerror}",
            f"To have it trusted, an administrator says: {trust_command(found)}" if found else _ELSEWHERE,
        ) from error
    except OSError as error:
        raise KeyFileError(f"cannot write the key {path}: {error.strerror}", _ELSEWHERE) from error
    return _key(private)


def read_key(path: Path | str | None = None) -> Key | None:
    """Read the private key; None where there is none.

    :raises KeyFileError: others can read it, or it is no Ed25519 key.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    path = key_path(path)
    try:
        with path.open("rb") as file:
            mode, text = os.fstat(file.fileno()).st_mode, file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise KeyFileError(f"cannot read the key {path}: {error.strerror}", _ELSEWHERE) from error
    if os.name == "posix" and mode & _OTHERS:
        raise KeyFileError(
            f"the key {path} can be read or changed by others (mode {mode & 0o777:o}), so it is not used",
            f"chmod 600 {path} — and if somebody may have read it, dbml key revoke, and make another.",
        )
    try:
        private = load_pem_private_key(text, password=None)
    except (TypeError, ValueError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileError(
            f"{path} holds no Ed25519 key without a passphrase", f"dbml key new --key FILE makes one. {_ELSEWHERE}"
        )
    return _key(private)


def own_key(path: Path | str | None = None) -> tuple[Key, bool]:
    """Read the private key, or make one where there is none; whether it is new stands beside it.

    :raises KeyFileError: it cannot be used, or not be made.
    """
    key = read_key(path)
    if key is not None:
        return key, False
    try:
        return new_key(path), True
    except KeyFileError:
        key = read_key(path)
        if key is None:
            raise
        return key, False  # another process has just made it


def trust_command(key: Key) -> str:
    """What an administrator types to trust a key."""
    return f"dbml key trust {key.public} --owner {owner()}"


def _key(private: Ed25519PrivateKey) -> Key:
    return Key(SCHEME + private.public_key().public_bytes_raw().hex(), private)
