"""What a version is: as it is listed, and as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dbml.database import Record


@dataclass(frozen=True)
class Version(Record):
    """A stored version: a row of the view ``dbml.model``.

    :param engine: by which it runs here.
    :param deployed: whether it serves.
    :param output: what its score is; :attr:`scored` says it in words.
    :param features: in order, each with ``name``, ``kind``, ``dtype`` and ``missing``.
    :param bytes: of its file.
    :param libraries: name → version, of what it was made with.
    :param training_summary: what the sample looked like; None where there was none.
    :param parity: engine → how far it was from the estimator in its trial here (:class:`Verification`).
    :param cost: engine → what a score took (:class:`Cost`).
    :param migrated: whether a migration added it.
    :param fingerprint: by which sessions know its scorer.
    :param kind: its file's format: as :class:`dbml.models.file.File` has it.
    :param signed_by: whoever has signed it.
    :param engines: those that what is stored of it would do for, the fastest first.
    :param chosen_at: when its engine was chosen.
    """

    name: str
    version: int
    engine: str
    deployed: bool
    estimator: str
    output: dict[str, Any]
    features: list[dict[str, Any]]
    sha256: str
    bytes: int
    golden_rows: int
    libraries: dict[str, str]
    training_summary: dict[str, Any] | None
    created_at: datetime
    created_by: str
    parity: dict[str, dict[str, Any]]
    cost: dict[str, dict[str, Any]]
    metrics: dict[str, float]
    git_revision: str | None
    note: str | None
    migrated: bool
    fingerprint: str
    kind: str
    signed_by: list[str]
    engines: list[str]
    chosen_at: datetime
    chosen_by: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def scored(self) -> str:
        """What the score is, in words."""
        return scored(self.output)


@dataclass(frozen=True)
class Content:
    """What is stored of a version.

    :param label: such as ``churn@3``.
    :param kind: the file's format: as :class:`dbml.models.file.File` has it.
    :param artifact: the file.
    :param golden: ``rows`` and ``scores``, ``hurtful_rows`` and ``hurtful_scores``.
    :param plan: JSON; None where there is none.
    """

    label: str
    kind: str
    artifact: bytes
    sha256: str
    interface: dict[str, Any]
    golden: dict[str, Any]
    plan: str | None
    libraries: dict[str, str]


@dataclass(frozen=True)
class Verification(Record):
    """Golden rows scored inside the server, beside the estimator's own answers.

    :param rows: how many there are.
    :param differing: how many are further off than the bound of parity.
    :param worst_row: the one that is off most, counted from 0.
    :param error: the reason, where they could not be scored at all.
    """

    rows: int
    differing: int
    largest_difference: float
    worst_row: int | None
    error: str | None


@dataclass(frozen=True)
class Cost(Record):
    """What a score takes in this server.

    :param cold_us: microseconds of a session's first.
    :param warm_us: microseconds of each in a long query.
    :param memory_kb: kilobytes that the session has grown by; None where it may not be known.
    :param in_batches: whether many at once are worth their while.
    """

    cold_us: float
    warm_us: float
    memory_kb: float | None
    in_batches: bool


def unpicklable(kind: str) -> dict[str, str]:
    """Engine → why it cannot run a file of this kind."""
    return {} if kind == "joblib" else {"python": f"it unpickles joblib files, and this model came as {kind}"}


def holds_estimator(kind: str) -> bool:
    """Whether a file of this kind holds an estimator of scikit-learn, which can be fitted and converted."""
    return kind in ("joblib", "skops")


def scored(output: dict[str, Any]) -> str:
    """What a score is, in words."""
    if output.get("points"):
        return "the points of the scorecard"
    if output["kind"] == "probability":
        return f'the probability of "{output["label"]}"'
    return f'1 where "{output["label"]}" is predicted, else 0' if output["kind"] == "label" else "the predicted value"
