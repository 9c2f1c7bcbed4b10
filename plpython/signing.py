"""What a signature of a version is over, and whether one of its signatures counts here.

The record is what the server acts on when it runs a version's file: which version it is, the hash of the file, and
its interface (features, output) as stored. Both sides build it by :func:`record`; docs/signing.md describes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from .protocol import Plpy

DOMAIN = b"dbml-model-v1\n"
# The text of a public key: this, then 64 hexadecimal digits.
SCHEME = "ed25519:"

NO_CRYPTOGRAPHY = "DB001"
UNSIGNED = "DB020"
UNTRUSTED = "DB021"
REVOKED = "DB022"
INVALID = "DB023"


class NotTrusted(Exception):
    """No signature of the version counts here.

    :param sqlstate: tells why.
    """

    def __init__(self, message: str, sqlstate: str, hint: str) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.hint = hint


def record(model: str, version: int, sha256: str, interface: Mapping[str, Any]) -> bytes:
    """Return what is signed: the domain, then JSON with sorted keys and without spaces, in UTF-8.

    The interface reads the same before and after a trip through ``jsonb``, which keeps the value of a number and not
    how it was written: a number without a fraction is written as an integer.
    """
    # The word of the first release stays: what was signed then would not fit any other.
    content = {"model": model, "version": version, "sha256": sha256, "signature": _plain(interface)}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return DOMAIN + text.encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value - value == 0.0:
        number = Decimal(repr(value))
        return int(number) if number == number.to_integral_value() else value
    return value


def check(plpy: Plpy, model: str, version: int, sha256: str, interface: Mapping[str, Any]) -> None:
    """Check that a key trusted here has signed this version.

    :param sha256: of the file as it is stored now, not as the row says.
    :raises NotTrusted: none has.
    """
    query = plpy.prepare(
        "select s.public_key, s.signature, k.public_key is not null as known, k.revoked_at is not null as revoked, "
        "       coalesce(k.owner, k.fingerprint) as owner "
        "from dbml.version_signature s left join dbml.trusted_key k on k.public_key = s.public_key "
        "where s.model = $1 and s.version = $2 order by s.signed_at, s.public_key",
        ["text", "integer"],
    )
    judge(plpy.execute(query, [model, version]), model, version, sha256, interface)


def judge(
    rows: Sequence[Mapping[str, Any]], model: str, version: int, sha256: str, interface: Mapping[str, Any]
) -> None:
    """Decide by the signatures that there are.

    :param rows: ``public_key``, ``signature``, ``known``, ``revoked`` and ``owner`` of each.
    :raises NotTrusted: none of them counts.
    """
    name = f"{model}@{version}"
    again = f"Let somebody whose key is trusted add the file again, which signs it: dbml model add {model} FILE"
    if not rows:
        raise NotTrusted(f"nobody has signed {name}", UNSIGNED, again)
    trusted = [row for row in rows if row["known"] and not row["revoked"]]
    if not trusted:
        for row in rows:
            if row["revoked"]:
                raise NotTrusted(f"the key of {row['owner']}, who signed {name}, was revoked", REVOKED, again)
        key = rows[0]["public_key"]
        raise NotTrusted(
            f"{name} is signed by a key that this database does not trust",
            UNTRUSTED,
            f"If its owner is to be trusted, an administrator says so: dbml key trust {key} --owner NAME",
        )
    message = record(model, version, sha256, interface)
    if not any(_signed(row["public_key"], bytes(row["signature"]), message) for row in trusted):
        raise NotTrusted(
            f"the signature of {name} does not fit: its file, features, output, name or number is not what was signed",
            INVALID,
            f"Somebody has changed the row. Add the released file as a new version: dbml model add {model} FILE",
        )


def _signed(public_key: str, signature: bytes, message: bytes) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except BaseException as error:
        # Half an installation does not fail by ImportError: its compiled part panics.
        raise NotTrusted(
            f"signatures cannot be checked: the server's Python lacks the package cryptography ({error})",
            NO_CRYPTOGRAPHY,
            "On the server: apt-get install python3-cryptography, or pip install --target the folder that dbml install "
            "--python-path names; dbml doctor tells what the server has.",
        ) from error
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key[len(SCHEME) :])).verify(signature, message)
    except InvalidSignature:
        return False
    return True
