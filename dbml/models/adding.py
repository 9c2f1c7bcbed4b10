"""A file becomes a version: read and written as plans here, then stored, tried and given an engine in the server."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from dbml import database, errors
from dbml._plpython.plan import dumps
from dbml.database import Connection
from dbml.models import comparison, draft, trial, trust, versions
from dbml.models.version import Version
from dbml.schema.install import require

if TYPE_CHECKING:
    from dbml.models.artifact import Artifact, Sample
    from dbml.models.signing import Key


# Golden rows that it takes to tell that two versions disagree, and a rank correlation that is no chance.
COMPARED = 10
OPPOSITE = -0.5


@dataclass(frozen=True)
class Added(Version):
    """A version, and what the one who has just added it should know.

    :param already_there: the identical artifact had been added before; nothing was stored.
    :param notices: why a faster engine was not taken, differing libraries, …: sentences without an end.
    """

    already_there: bool
    notices: tuple[str, ...]

    __str__ = Version.__str__


@dataclass(frozen=True)
class Limits:
    """Bytes that this database stores at most: of a file, of what it unfolds to, and of its plan or its rows."""

    artifact: int
    unfolded: int
    plan: int


def add_model(
    connection: Connection,
    name: str,
    model: Path | str | Any,
    *,
    sample: Sample | None = None,
    output: str | None = None,
    engine: str = "auto",
    metrics: Mapping[str, float] | None = None,
    note: str | None = None,
    migrated: bool = False,
    trust: Sequence[str] = (),
    types: Mapping[str, str] | None = None,
    key: Path | str | None = None,
) -> Added:
    """Read an artifact, sign it, store it as a new version and verify it inside the server.

    The file is unpickled here, and unpickling runs code: this is for the caller's own files.

    :param model: the file, or the fitted estimator itself, which is dumped by joblib.
    :param sample: rows of the features, a file or a DataFrame: they fix the types and become the golden rows.
    :param output: class whose probability is the score, or ``value`` for what ``predict`` says.
    :param engine: ``sql``, ``portable`` or ``python``; ``auto`` takes the cheapest that answers as the estimator.
    :param metrics: what training said of it, such as ``{"auc": 0.91}``; stored as it is.
    :param note: why there is this version.
    :param migrated: whether a migration adds it, whose downgrade may remove it.
    :param trust: full names of types that a skops file may load beside those that are harmless; and versions, such as
        ``scikit-learn==1.3.2``, that may have written the file although another is installed here.
    :param types: feature → ``float``, ``float32``, ``integer``, ``boolean``, ``text`` or ``category``, where neither
        the model nor the sample tells.
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

    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.check_name(name)
        for metric, value in (metrics or {}).items():
            if not math.isfinite(value):
                raise errors.ArtifactError(f'the metric "{metric}" is {value}', "Give a number, such as auc=0.91.")
        plpython = bool(database.value(raw, "has_plpython"))
        candidates = trial.candidates(engine, plpython)
        limits = database.rows(raw, Limits, "limits")[0]
        read = artifact.read(model, sample, output, trust, types, limit=limits.artifact, unfolded=limits.unfolded)
        signer, unsigned = _signer(raw, key)
        held = _held(raw, signer, name, read)
        if held:
            return held
        # All that takes long comes before the lock. Another version may be added meanwhile, and take the number.
        expected = database.value(raw, "next_version", name=name)
        if engine == "python" and unsigned:
            raise trial.needs_signature(f"{name}@{expected}", unsigned)
        prepared = draft.prepare(
            name,
            expected,
            read,
            sql_alone=engine == "sql" or not plpython,
            metrics=dict(metrics or {}),
            git_revision=git_revision(model) if isinstance(model, (str, Path)) else None,
            note=note,
            migrated=migrated,
        )
        with raw.transaction():
            database.value(raw, "lock_model", name=name)
            held = _held(raw, signer, name, read)
            if held:
                return held
            version = database.value(raw, "next_version", name=name)
            prepared = prepared.numbered(version)
            refusals = prepared.refusals
            left = [one for one in candidates if one not in refusals]
            if left:
                for query, parameters in prepared.statements(left[-1]):
                    database.value(raw, query, **parameters)
                _sign(raw, signer, name, version, read)
            tried = trial.run(raw, name, version, candidates, refusals, unsigned)
            chosen = trial.choose(raw, tried, engine, plpython, read.libraries)
            database.value(raw, "choose_engine", name=name, version=version, engine=chosen, **tried.documents)
        notices = [*read.notices, *prepared.possible.notices, *tried.passed_over]
        differing = trial.differing_library(raw, read.libraries) if chosen == "python" else None
        if differing:
            notices.append(f"{differing}; the golden rows agree")
        if unsigned:
            notices.append(f"not signed, because {unsigned.message}")
        notices += _against(raw, name, version)
        return Added(**versions.show(raw, name, version), already_there=False, notices=tuple(notices))


def _held(raw: psycopg.Connection[Any], signer: Key | None, name: str, read: Artifact) -> Added | None:
    """The version that this artifact was stored as before; None where it was not."""
    version = database.value(raw, "same_version", name=name, fingerprint=read.fingerprint)
    if version is None:
        return None
    if database.value(raw, "lacks_background", name=name, version=version):
        _fill_background(raw, name, version, read)
    # Perhaps whoever signed it before is no longer trusted.
    signed = _sign(raw, signer, name, version, read)
    notices = ("signed with your key as well",) if signed else ()
    return Added(**versions.show(raw, name, version), already_there=True, notices=notices)


def _fill_background(raw: psycopg.Connection[Any], name: str, version: int, read: Artifact) -> None:
    """Store what explanations need of a version of an earlier dbml, where its plan is the one that is made now."""
    from dbml.scorer import engines

    made = engines.prepare(read.estimator, read.interface, read.golden, label=f"{name}@{version}", sample=read.sample)
    if made.plan is not None and dumps(made.plan) == database.value(raw, "plan", name=name, version=version):
        database.value(raw, "add_background", **draft.background(name, version, made))


def _signer(raw: psycopg.Connection[Any], path: Path | str | None) -> tuple[Key | None, errors.DbmlError | None]:
    """The caller's key, or why there is none that counts here; only the engine ``python`` cannot do without."""
    try:
        return trust.signer(raw, path), None
    except errors.DbmlError as error:
        return None, error


def _sign(raw: psycopg.Connection[Any], signer: Key | None, name: str, version: int, read: Artifact) -> bool:
    """Store the caller's signature of a version; tells whether it is new."""
    return bool(signer and database.value(raw, "add_signature", **draft.signature(signer, name, version, read)))


def _against(raw: psycopg.Connection[Any], name: str, version: int) -> list[str]:
    """Whether a version orders rows the other way round than the one that serves: labels that mean the opposite."""
    serving = versions.serving(raw).get(name)
    if serving is None:
        return []
    import pandas as pd

    try:
        with raw.transaction():
            rows = database.rows(raw, comparison.Moved, "compare", name=name, one=serving.version, other=version)
    except psycopg.Error:  # it may lack here what it runs on, or have other features
        return []
    both = pd.DataFrame([(row.one_score, row.other_score) for row in rows], columns=["one", "other"]).dropna().rank()
    alike = both["one"].corr(both["other"]) if len(both) >= COMPARED else 0.0
    if not alike < OPPOSITE:
        return []
    return [
        f"it orders its golden rows the other way round than {serving}, which serves (rank correlation {alike:.2f}): "
        "perhaps its labels mean the opposite"
    ]


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
