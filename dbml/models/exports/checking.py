"""What a version is to an export, and the gate that every made file passes."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

from dbml import errors
from dbml._plpython.frame import rows_to_input, to_wire
from dbml.models.version import Content, holds_estimator

# How far a score of an exported file may be from the model's own: of a probability this much, of a value this
# much of it where it is beyond 1. Formats compute in float32 here and there, whose last place is 6e-8.
BOUND = 1e-5

Row = Sequence[Any]


@dataclass(frozen=True)
class Stored(Content):
    """A version on its way out.

    :param schema: where the functions of an SQL export are to stand.
    :param trust: types that a skops file may load.
    :param beside: format → what else the file is to hold, such as the counters of a profile.
    """

    schema: str
    trust: tuple[str, ...]
    beside: Mapping[str, str] = field(default_factory=dict)

    def estimator(self) -> Any:
        """The fitted estimator itself, loaded anew each time: converters write to what they are given.

        :raises ExportError: the version has none.
        """
        from dbml.models import file as model_file
        from dbml.models import origin

        if not holds_estimator(self.kind):
            raise errors.ExportError(
                f"{self.label} came as {self.kind}, which holds no scikit-learn estimator to convert",
                f"Export it as {self.kind}, sql or plan.",
            )
        # Another version may have written it: that was said when it was added.
        trust = (*self.trust, *origin.words(self.libraries))
        return model_file.load(model_file.File(f"the stored file of {self.label}", self.artifact, self.kind), trust)[0]

    @property
    def features(self) -> list[dict[str, Any]]:
        """Of the interface, in order."""
        features: list[dict[str, Any]] = self.interface["features"]
        return features

    def groups(self) -> list[tuple[list[int], Any]]:
        """The golden rows as the estimator takes them: their places, and X."""
        groups: list[tuple[list[int], Any]] = rows_to_input(
            self.interface, *to_wire(self.interface, self.golden["rows"])
        )
        return groups

    @cached_property
    def labels(self) -> list[Any] | None:
        """What the estimator predicts for the golden rows; None where it is no classifier."""
        if self.interface["task"] != "classifier":
            return None
        answer: list[Any] = [None] * len(self.golden["rows"])
        estimator = self.estimator()
        for indices, X in self.groups():  # noqa: N806
            for index, label in zip(indices, estimator.predict(X).tolist(), strict=True):
                answer[index] = label
        return answer


@dataclass(frozen=True)
class Answers:
    """What an evaluator says of the golden rows: the score of each, and for a classifier its label."""

    scores: Sequence[float]
    labels: Sequence[Any] | None


def check(stored: Stored, form: str, evaluator: str, got: Answers) -> None:
    """Compare with the stored scores and the estimator's own labels.

    :raises ParityError: a label flips, or a score is further off than :data:`BOUND`.
    """
    expected = np.array(stored.golden["scores"], dtype=float)
    scores = np.array(got.scores, dtype=float)
    distance = np.abs(scores - expected) / np.maximum(1.0, np.abs(expected))
    distance = np.where(np.isnan(distance), np.inf, distance)
    labels = stored.labels
    flips = np.zeros(len(expected), dtype=bool)
    if labels is not None and got.labels is not None:
        flips = np.array([not same(a, b) for a, b in zip(labels, got.labels, strict=True)])
    wrong = flips | (distance > BOUND)
    if not wrong.any():
        return
    worst = int(np.lexsort((distance, flips, wrong))[-1])
    flip = " and its label flips" if flips[worst] else ""
    raise errors.ParityError(
        f"{stored.label} as {form} differs on {int(wrong.sum())} of {len(expected)} golden rows, {evaluator} says: the "
        f"worst is golden row {worst}, {float(scores[worst])!r} where the model says {float(expected[worst])!r}{flip}",
        f"Nothing was written. At most {BOUND:g} is allowed; `--format sql` or `plan` carries the model exactly.",
    )


def same(one: Any, other: Any) -> bool:
    """Whether two labels are the same, of whichever type: True is 1, and ``"1"`` is not."""
    return bool(one == other) and isinstance(one, str) == isinstance(other, str)


def needed(module: str, form: str) -> ModuleType:
    """Import what only an export needs.

    :raises ExportError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise errors.ExportError(
            f"the format {form} needs the package {package}, which cannot be imported here ({error})",
            "Install what exports need: pip install 'dbml[export]'",
        ) from error
