"""The file a data scientist hands over: what it is, what it takes, what it answers.

Pure: reads files, never connects. :func:`read` unpickles a joblib file, so that must be one that the caller trusts;
of skops and ONNX files nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from dbml.errors import SampleError
from dbml.models import file as model_file
from dbml.models.artifact.estimator import describe, feature_names, output_of, takes_numbers, task_of
from dbml.models.artifact.golden import GIVE_SAMPLE, GOLDEN_ROWS, SYNTHETIC_ROWS, of_sample, synthetic
from dbml.models.artifact.sample import feature, read_rows
from dbml.models.file import MAX_BYTES, MAX_UNFOLDED
from dbml.models.version import unpicklable

__all__ = ["GOLDEN_ROWS", "SYNTHETIC_ROWS", "Artifact", "read"]


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
    :param kind: the file's format: ``joblib``, ``skops`` or ``onnx``.
    """

    blob: bytes
    sha256: str
    estimator: Any
    interface: dict[str, Any]
    golden: dict[str, Any]
    libraries: dict[str, str]
    training_summary: dict[str, Any] | None
    kind: str

    @property
    def refusals(self) -> dict[str, str]:
        """Engine → why it cannot run a file of this kind."""
        return unpicklable(self.kind)

    @property
    def fingerprint(self) -> str:
        """What makes two artifacts the same version: the same file, read with the same interface."""
        # The word for it in 0.1, by which versions are known that are stored already.
        identity = {"sha256": self.sha256, "signature": self.interface}
        text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def read(
    path: Path | str,
    sample: Path | str | pd.DataFrame | None = None,
    output: str | None = None,
    trust: Sequence[str] = (),
    *,
    limit: int = MAX_BYTES,
    unfolded: int = MAX_UNFOLDED,
) -> Artifact:
    """Read and check a file.

    :param path: the file: skops or ONNX by its suffix, else joblib, which is unpickled.
    :param sample: rows of the features, as a CSV file or a DataFrame; further columns are ignored.
    :param output: the class whose probability is the score, or ``"value"``.
    :param trust: full names of types that a skops file may load beside those that skops itself trusts.
    :param limit: bytes that the file may have.
    :param unfolded: bytes that it may have once it is decompressed; asked before anything is loaded.
    :raises TooLarge: it has more.
    :raises ArtifactError: no fitted estimator that dbml can serve, or an output that it does not have.
    :raises SampleError: the sample does not fit the estimator, or is missing where it is needed.
    """
    path = Path(path)
    blob, kind = model_file.read(path, limit), model_file.kind(path)
    estimator, libraries = model_file.load(path, blob, kind, trust, unfolded)
    task = task_of(path, estimator)
    names, form = feature_names(path, estimator)
    rows: pd.DataFrame | None = None
    if sample is None:
        if not takes_numbers(estimator, []):
            raise SampleError(f"{path}: the types of its features are not known from the file", GIVE_SAMPLE)
        features = [{"name": name, "kind": "float", "dtype": "float64", "missing": "nan"} for name in names]
    else:
        rows = read_rows(sample, names)
        features = [feature(name, rows[name], form) for name in names]
    interface: dict[str, Any] = {
        "format": 1,
        "input": form,
        "features": features,
        "output": output_of(path, estimator, task, output),
        "estimator": describe(estimator),
        "task": task,
    }
    if rows is None:
        golden, summary = synthetic(path, estimator, interface), None
    else:
        golden, summary = of_sample(path, estimator, interface, rows)
    if form == "frame":
        libraries["pandas"] = version("pandas")
    return Artifact(blob, hashlib.sha256(blob).hexdigest(), estimator, interface, golden, libraries, summary, kind)
