"""A version before it is stored: the statements that store it, in a server or in a script for one (pure)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from dbml._plpython.plan import dumps

if TYPE_CHECKING:
    from dbml.models.artifact import Artifact
    from dbml.models.signing import Key
    from dbml.scorer.engines import Engines

#: The name of a query in ``sql/*/queries.sql`` and its parameters.
Statement = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Draft:
    """An artifact as the version that it is to become.

    :param possible: what it can run on.
    :param git_revision: the commit of its file; see :func:`dbml.models.adding.git_revision`.
    :param migrated: whether a migration adds it, whose downgrade may remove it.
    """

    name: str
    version: int
    read: Artifact
    possible: Engines
    metrics: Mapping[str, float]
    git_revision: str | None
    note: str | None
    migrated: bool

    @property
    def refusals(self) -> dict[str, str]:
        """Engine → why it cannot run this version."""
        return self.possible.refusals | self.read.refusals

    def numbered(self, version: int) -> Draft:
        """The same as another version."""
        if version == self.version:
            return self
        return replace(self, version=version, possible=self.possible.labelled(f"{self.name}@{version}"))

    def statements(self, engine: str) -> Iterator[Statement]:
        """What stores it for an engine, in order; each statement answers one row with a column ``added``."""
        yield "add_version", self._version(engine)
        if self.possible.answers:
            yield "add_outputs", self._outputs()
        yield "add_background", background(self.name, self.version, self.possible)

    def _version(self, engine: str) -> dict[str, Any]:
        read, possible = self.read, self.possible
        plan = dumps(possible.plan) if possible.plan else None
        hurtful: dict[str, Any] = {"hurtful_rows": possible.hurtful_rows, "hurtful_scores": possible.hurtful_scores}
        if possible.golden_scores is not None:
            hurtful["scores"] = possible.golden_scores
        return {
            "name": self.name,
            "version": self.version,
            "fingerprint": _fingerprint(read, plan),
            "sha256": read.sha256,
            "interface": Jsonb(read.interface),
            "golden": Jsonb(read.golden | hurtful),
            "libraries": Jsonb(read.libraries),
            "training_summary": Jsonb(read.training_summary) if read.training_summary is not None else None,
            "artifact": read.blob,
            "kind": read.kind,
            "plan": plan,
            "expression": possible.expression.fast if possible.expression else None,
            "careful_expression": possible.expression.careful if possible.expression else None,
            "engine": engine,
            "metrics": Jsonb(self.metrics),
            "git_revision": self.git_revision,
            "note": self.note,
            "migrated": self.migrated,
        }

    def _outputs(self) -> dict[str, Any]:
        answers = self.possible.answers
        assert answers
        plan = dumps(answers.plan)
        return {
            "name": self.name,
            "version": self.version,
            "fingerprint": f"{_fingerprint(self.read, plan)}#",
            "plan": plan,
            "expression": answers.expression.fast if answers.expression else None,
            "careful_expression": answers.expression.careful if answers.expression else None,
            "golden": Jsonb(answers.golden),
        }


def prepare(name: str, version: int, read: Artifact, *, sql_alone: bool, **provenance: Any) -> Draft:
    """Write an artifact down as a plan, which takes long and needs no server.

    :param sql_alone: whether ``sql`` is the only engine in question.
    :param provenance: ``metrics``, ``git_revision``, ``note`` and ``migrated``.
    """
    # scikit-learn takes a second to import.
    from dbml.scorer import engines

    possible = engines.prepare(
        read.estimator,
        read.interface,
        read.golden,
        label=f"{name}@{version}",
        sql_alone=sql_alone,
        sample=read.sample,
    )
    return Draft(name, version, read, possible, **provenance)


def signature(signer: Key, name: str, version: int, read: Artifact) -> dict[str, Any]:
    """A key's signature of a version: the parameters of the query ``add_signature``."""
    signed = signer.sign(name, version, read.sha256, read.interface)
    return {"name": name, "version": version, "public_key": signer.public, "signature": signed}


def background(name: str, version: int, possible: Engines) -> dict[str, Any]:
    """What explanations need of a version: the parameters of the query ``add_background``."""
    return {"name": name, "version": version, "content": dumps(possible.background)}


def _fingerprint(read: Artifact, plan: str | None) -> str:
    """What sessions know a scorer by. Another dbml may write another plan of the same artifact."""
    return read.fingerprint if plan is None else f"{read.fingerprint}-{hashlib.sha256(plan.encode()).hexdigest()[:16]}"
