"""A MOJO of H2O: its trees or weights written down as a plan, with H2O's own scorer as the judge."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from dbml.errors import ArtifactError, TooLarge
from dbml.scorer.mojo import models
from dbml.scorer.mojo.archive import Archive, Exceeded, NotReadable
from dbml.scorer.mojo.judge import Judge, NoJudge
from dbml.scorer.plan import Builder, Unsupported
from dbml.scorer.sklearn.registry import Answer, Columns

_WRITE = "Write it with `model.download_mojo(FILE)`."


def load(source: str, content: bytes, unfolded: int) -> Mojo:
    """Read a MOJO.

    :param unfolded: bytes that it may have once it is decompressed.
    :raises TooLarge: it has more, or more features than are served.
    :raises ArtifactError: it is no MOJO, no plan expresses it, or its judge cannot be asked here.
    """
    try:
        archive = Archive(content, unfolded)
        models.algorithm(archive)
        archive_written(archive)
        texts = [column.name for column in archive.features if column.levels is not None]
        judge = Judge(content, texts, archive.get("offset_column"))
        return (MojoRegressor if archive.info["category"] in _VALUES else MojoClassifier)(archive, judge)
    except Exceeded as error:
        raise TooLarge(f"{source}: {error}", "Nothing of it was loaded. Make a smaller model.") from error
    except NoJudge as error:
        raise ArtifactError(
            f"{source}: is compared with H2O's own scorer, which needs {error}",
            "pip install 'dbml[h2o]', and Java 11 or newer, such as Debian's default-jre-headless.",
        ) from error
    except Unsupported as error:
        raise ArtifactError(
            f"{source}: no plan expresses {error}", "docs/exports.md lists what of H2O is read, and ways out."
        ) from error
    except (NotReadable, KeyError, ValueError, TypeError, IndexError, OverflowError) as error:
        raise ArtifactError(f"{source}: is no MOJO of H2O ({type(error).__name__}: {error})", _WRITE) from error
    except Exception as error:
        # Java's exceptions have no common base here but this one.
        said = (str(error).strip().splitlines() or [type(error).__name__])[-1][:200]
        raise ArtifactError(f"{source}: H2O's own scorer refuses it ({said})", _WRITE) from error


_VALUES = ("Regression", "AnomalyDetection")


def archive_written(archive: Archive) -> None:
    """Write a model down, to see that it can be.

    :raises Unsupported: names the part that no plan expresses.
    :raises NotReadable: a part of the file is missing or none.
    """
    texts = sum(column.levels is not None for column in archive.features)
    plan = Builder(len(archive.features) - texts, texts)
    numbers, words = iter(range(plan.numbers)), iter(range(plan.texts))
    values = [
        plan.number(next(numbers)) if column.levels is None else plan.text(next(words)) for column in archive.features
    ]
    models.answer(archive, Columns(plan).of(values))


class Mojo(BaseEstimator):  # type: ignore[misc]
    """A MOJO with the methods of a fitted estimator."""

    def __init__(self, archive: Archive, judge: Judge) -> None:
        self.archive = archive
        self.judge = judge
        self.n_features_in_ = len(archive.features)
        self.feature_names_in_ = np.array([column.name for column in archive.features], dtype=object)
        if archive.get("calib_method") is not None:
            self.notice = "the calibration of the model has no part in the score, which is H2O's p0, p1, …"
        self.known_types = [None if column.levels is None else "text" for column in archive.features]
        self.takes_numbers = not any(self.known_types)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.archive.info['algo']})"

    def _asked(self, X: Any) -> Any:
        return self.judge.answers(X[list(self.feature_names_in_)].to_dict("records"))

    def written(self, X: Columns) -> Answer:
        """Write down what the model answers."""
        return models.answer(self.archive, X)


class MojoRegressor(RegressorMixin, Mojo):  # type: ignore[misc]
    """A number: a value, or how easily a row is isolated."""

    def predict(self, X: Any) -> Any:
        """Shape ``(rows,)``."""
        # With a contamination H2O says first whether the row is an anomaly.
        return self._asked(X)[:, 1 if self.archive.flag("output_anomaly_flag") else 0]


class MojoClassifier(ClassifierMixin, Mojo):  # type: ignore[misc]
    """Classes with probabilities."""

    def __init__(self, archive: Archive, judge: Judge) -> None:
        super().__init__(archive, judge)
        self.classes_ = np.array(_labels(archive.classes))
        if len(self.classes_) == 2:
            self.best_threshold_ = archive.number("default_threshold")

    def predict_proba(self, X: Any) -> Any:
        """Shape ``(rows, classes)``."""
        return self._asked(X)[:, 1:]

    def predict(self, X: Any) -> Any:
        """The labels: of two classes the second from H2O's threshold on, of more the most probable.

        Among classes of one probability H2O draws lots by the bits of the row; here the first is taken.
        """
        said = self._asked(X)
        if len(self.classes_) == 2:
            return self.classes_[said[:, 0].astype(int)]
        return self.classes_[said[:, 1:].argmax(axis=1)]


def _labels(words: tuple[str, ...]) -> list[Any]:
    """Classes as numbers, where all are whole numbers as Python writes them."""
    try:
        numbers = [int(word) for word in words]
    except ValueError:
        return list(words)
    return numbers if [str(number) for number in numbers] == list(words) else list(words)
