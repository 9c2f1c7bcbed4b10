"""The model that a data scientist hands over: what it is, what it takes, what it answers.

Pure: reads files, never connects. :func:`read` unpickles a joblib file, so that must be one that the caller trusts;
of other files nothing is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from dbml._plpython import packages
from dbml.errors import ArtifactError, DbmlError, SampleError, TooLarge
from dbml.models import file as model_file
from dbml.models import origin
from dbml.models.artifact.column import closed, feature, plain
from dbml.models.artifact.estimator import (
    answers_of,
    describe,
    feature_names,
    output_of,
    takes_numbers,
    targets_of,
    task_of,
    threshold_notice,
)
from dbml.models.artifact.golden import GIVE_SAMPLE, GOLDEN_ROWS, REDUMPED, SYNTHETIC_ROWS, of_sample, synthetic
from dbml.models.artifact.known import Known, check_types, known_types, renames_spaces
from dbml.models.artifact.sample import Sample, read_rows
from dbml.models.file import MAX_BYTES, MAX_UNFOLDED, File
from dbml.models.version import unpicklable
from dbml.scorer.statsmodels import Statsmodels

__all__ = ["GOLDEN_ROWS", "SYNTHETIC_ROWS", "Artifact", "Sample", "read"]


@dataclass(frozen=True)
class Artifact:
    """One fitted estimator with everything that a stored version needs.

    :param blob: the file as it was, never re-pickled.
    :param sha256: of the blob, in hex.
    :param estimator: the live object.
    :param interface: features, input and output; plain JSON.
    :param golden: ``{"rows", "scores", "synthetic"}``; plain JSON.
    :param libraries: name → version; ``scikit-learn`` is the version that the estimator was made with.
    :param training_summary: what the sample looked like, or None without a sample.
    :param kind: the file's format, as :class:`dbml.models.file.File` has it.
    :param sample: every row that was given, JSON values in interface order.
    :param notices: what whoever adds it should know.
    """

    blob: bytes
    sha256: str
    estimator: Any
    interface: dict[str, Any]
    golden: dict[str, Any]
    libraries: dict[str, str]
    training_summary: dict[str, Any] | None
    kind: str
    sample: list[list[Any]] = field(default_factory=list, repr=False)
    notices: tuple[str, ...] = ()

    @property
    def refusals(self) -> dict[str, str]:
        """Engine → why it cannot run a file of this kind."""
        return unpicklable(self.kind)

    @property
    def fingerprint(self) -> str:
        """What makes two artifacts the same version: the same file, read with the same interface."""
        # What else there is to answer lies in the file; versions were stored before it was told.
        interface = {key: value for key, value in self.interface.items() if key != "answers"}
        # The word for it in 0.1.
        identity = {"sha256": self.sha256, "signature": interface}
        text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def read(
    model: Path | str | Any,
    sample: Sample | None = None,
    output: str | None = None,
    trust: Sequence[str] = (),
    types: Mapping[str, str] | None = None,
    *,
    limit: int = MAX_BYTES,
    unfolded: int = MAX_UNFOLDED,
) -> Artifact:
    """Read and check a model.

    :param model: a file, its format by its suffix, else joblib, which is unpickled; or the fitted estimator itself.
    :param sample: rows of the features: a file (CSV; Parquet or a pickled frame by its suffix), a DataFrame or an
        array; further columns are ignored.
    :param output: the class whose probability is the score, or ``"value"``.
    :param trust: full names of types that a skops file may load beside those that are harmless; and versions, such as
        ``scikit-learn==1.3.2``, that may have written the file although another is installed here.
    :param types: feature → one of :data:`~dbml.models.artifact.known.TYPES`, where neither model nor sample tells.
    :param limit: bytes that the file may have.
    :param unfolded: bytes that it may have once it is decompressed; asked before anything is loaded.
    :raises TooLarge: it has more, or the model is larger than is served.
    :raises ArtifactError: no fitted estimator that dbml can serve, or an output that it does not have.
    :raises SampleError: the sample does not fit the estimator, or is missing where it is needed.
    """
    file = model_file.read(model, limit)
    libraries: dict[str, str] = {}
    try:
        estimator, libraries = model_file.load(file, trust, unfolded)
        # Hundreds of times it is asked for a few rows: sharing those out takes longer than answering.
        packages.force_one_job(estimator)
        if isinstance(estimator, Statsmodels):
            file = replace(file, kind="statsmodels")
        return _described(file, estimator, libraries, sample, output, types or {})
    except MemoryError as error:
        raise TooLarge(
            f"{file.source}: this machine has not the memory to load and score it ({model_file.one_line(error)})",
            "Fit a smaller model.",
        ) from error
    except DbmlError:
        raise
    except Exception as error:
        # An attribute that its class has by now, or had: scikit-learn's own methods stumble over it anywhere.
        differences = origin.differing(libraries)
        if not differences and not isinstance(error, AttributeError):
            raise
        because = f", because it was written by {origin.said(differences)}" if differences else ""
        raise ArtifactError(
            f"{file.source}: does not work here ({model_file.one_line(error)}){because}",
            origin.refit(differences) if differences else REDUMPED,
        ) from error


def _described(
    file: File,
    estimator: Any,
    libraries: dict[str, str],
    sample: Sample | None,
    output: str | None,
    types: Mapping[str, str],
) -> Artifact:
    task = task_of(file.source, estimator)
    names, form = feature_names(file.source, estimator)
    features, rows = _features(file.source, estimator, names, form, sample, types)
    targets = targets_of(estimator, task, rows, len(names))
    interface: dict[str, Any] = {
        "format": 1,
        "input": form,
        "features": features,
        "output": output_of(file.source, estimator, task, output, targets),
        "estimator": describe(estimator),
        "task": task,
    }
    answers = answers_of(estimator, task, targets)
    if answers and "points" not in interface["output"]:
        interface["answers"] = answers
    differences = origin.differing(libraries)
    given: list[list[Any]] = []
    try:
        if rows is None:
            golden, summary = synthetic(file.source, estimator, interface), None
        else:
            golden, summary, given = of_sample(file.source, estimator, interface, rows)
    except (ArtifactError, SampleError) as error:
        if not differences:
            raise
        # An attribute that its class has by now, or had: no row and no package is at fault.
        message = f"{error.message}; the model was written by {origin.said(differences)}"
        raise type(error)(message, origin.refit(differences)) from error
    if form == "frame":
        libraries["pandas"] = version("pandas")
    notices = [threshold_notice(estimator, interface["output"]), getattr(estimator, "notice", None)]
    if differences:
        notices.append(f"it was written by {origin.said(differences)}, and trusted")
    notices += [
        f'the feature "{name}" is the sample\'s column "{each["name"]}", whose spaces LightGBM replaces'
        for name, each in zip(names, features, strict=True)
        if name != each["name"]
    ]
    return Artifact(
        file.content,
        hashlib.sha256(file.content).hexdigest(),
        estimator,
        interface,
        golden,
        libraries,
        summary,
        file.kind,
        given,
        tuple(notice for notice in notices if notice),
    )


def _features(
    source: str, estimator: Any, names: list[str], form: str, sample: Sample | None, types: Mapping[str, str]
) -> tuple[list[dict[str, Any]], pd.DataFrame | None]:
    """The features in order with their types, and the sample's rows of them if there is one."""
    check_types(types, names)
    if sample is None:
        if types or not takes_numbers(estimator, []):
            raise SampleError(f"{source}: the types of its features are not known from the file", GIVE_SAMPLE)
        return [{"name": name, "kind": "float", "dtype": "float64", "missing": "nan"} for name in names], None
    known = {names[0]: Known("text")} if form == "texts" else known_types(estimator, names)
    for name, type_ in types.items():
        known[name] = Known(type_, known[name].values if name in known else (), said=True)
    rows, columns = read_rows(sample, names, known, spaces=renames_spaces(estimator))
    pairs = zip(names, columns, strict=True)
    features = [closed(feature(column, rows[column], form, known.get(name)), known.get(name)) for name, column in pairs]
    return features, pd.DataFrame({column: plain(rows[column]) for column in columns})
