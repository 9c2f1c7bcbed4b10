"""The one error family: a sentence naming the object, a hint with the way out, a stable SQLSTATE.

SQLSTATEs of class ``DB`` are raised by dbml's own functions in the server as well; each kind of
error has one, whichever side finds it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DbmlError(Exception):
    """Base of everything dbml refuses. Exit status 1 on the command line.

    :param message: one sentence that names the object.
    :param hint: the way out, with the exact next command where there is one.
    """

    sqlstate = "DB000"

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ServerError(DbmlError):
    """The server cannot be reached, is too old, or lacks what dbml needs."""

    sqlstate = "DB001"


class NotInstalled(DbmlError):
    """The schema ``dbml`` is not there, or is not dbml's own."""

    sqlstate = "DB002"


class ArtifactError(DbmlError):
    """The file is no fitted scikit-learn estimator that dbml can serve."""

    sqlstate = "DB003"


class SampleError(DbmlError):
    """The sample rows do not fit the estimator."""

    sqlstate = "DB004"


class UnknownModel(DbmlError):
    """No such model, or no such version of it."""

    sqlstate = "DB005"


class ImmutableVersion(DbmlError):
    """A stored version never changes."""

    sqlstate = "DB006"


class ParityError(DbmlError):
    """The server's scores are not the estimator's own."""

    sqlstate = "DB007"


class SpecError(DbmlError):
    """The spec file says something dbml does not know or cannot keep."""

    sqlstate = "DB008"


class ProfileError(DbmlError):
    """The spec and the tables do not fit: a table, key, column or type."""

    sqlstate = "DB009"


class CounterMismatch(DbmlError):
    """A counter disagrees with its events, and nobody said ``--backfill``."""

    sqlstate = "DB010"


class LockNotAvailable(DbmlError):
    """A lock was not to be had in time; nothing was changed."""

    sqlstate = "DB011"


class StillAttached(DbmlError):
    """Something is still attached, or already is."""

    sqlstate = "DB012"


class ScoringError(DbmlError):
    """The model cannot score this row."""

    sqlstate = "DB013"


class PermissionDenied(DbmlError):
    """The role lacks a right that this act needs."""

    sqlstate = "DB014"


class UnsafeExpression(DbmlError):
    """A version's SQL holds more than a score needs."""

    sqlstate = "DB015"


# The way out of every size limit.
RAISE_LIMIT = "If it is what it should be, an administrator can raise the limit: dbml install --artifact-limit MB"


class TooLarge(DbmlError):
    """An artifact, or what it unfolds to, is larger than the owner has allowed."""

    sqlstate = "DB017"


class ExportError(DbmlError):
    """A version cannot be written in this format, or not to this file."""

    sqlstate = "DB018"


class UnsignedModel(DbmlError):
    """Nobody has signed this version, and the engine ``python`` runs nothing unsigned."""

    sqlstate = "DB020"


class UntrustedKey(DbmlError):
    """The key is not one that this database trusts."""

    sqlstate = "DB021"


class RevokedKey(DbmlError):
    """The key was trusted once, and no longer is."""

    sqlstate = "DB022"


class InvalidSignature(DbmlError):
    """A trusted key's signature does not fit: something of the version is not what was signed."""

    sqlstate = "DB023"


class KeyFileError(DbmlError):
    """A key that cannot be read, written or used as it is."""

    sqlstate = "DB024"


class InterfaceChanged(DbmlError):
    """The version to deploy has another output or other features than the one that serves, and nobody said so."""

    sqlstate = "DB025"


class UnknownDuty(DbmlError):
    """No duty of workers has that name."""

    sqlstate = "DB026"


class TokenFileError(DbmlError):
    """The file of the web service's tokens cannot be read or written, or would be anybody's."""

    sqlstate = "DB028"


class DeliveryError(DbmlError):
    """Events cannot be delivered, or cannot be had."""

    sqlstate = "DB029"


class StrategyError(DbmlError):
    """A strategy cannot start or go on like this: another runs, none does, or it makes no sense."""

    sqlstate = "DB030"


class TrainingError(DbmlError):
    """A recipe is wrong, or does not go with the data; or there are no data."""

    sqlstate = "DB031"


class LoadTestError(DbmlError):
    """A load would be written where nobody has allowed it, or cannot be made up."""

    sqlstate = "DB032"


def nearest(name: str, names: Iterable[str]) -> str:
    """Return `` Did you mean "…"?`` for the closest of ``names``, or nothing when none is close."""
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f' Did you mean "{close[0]}"?' if close else ""
