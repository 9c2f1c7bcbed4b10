"""A version as PMML, by sklearn2pmml, judged by jpmml-evaluator. Both run in Java."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from dbml import errors
from dbml.models.exports.checking import Answers, Stored, check, needed, same


def make(_: psycopg.Connection[Any], stored: Stored) -> bytes:
    """Convert, and take what jpmml-evaluator answers rightly."""
    needed("sklearn2pmml", "pmml")
    needed("jpmml_evaluator", "pmml")
    if shutil.which("java") is None:
        raise errors.ExportError(
            f"{stored.label} cannot be pmml here: converter and evaluator run in Java, and there is no java on PATH",
            "Install Java 11 or newer, such as Debian's default-jre-headless.",
        )
    with tempfile.TemporaryDirectory(prefix="dbml-pmml-") as folder:
        file = Path(folder) / "model.pmml"
        _convert(stored, file)
        check(stored, "pmml", "jpmml-evaluator", _answers(stored, file))
        return file.read_bytes()


def _convert(stored: Stored, file: Path) -> None:
    sklearn2pmml = needed("sklearn2pmml", "pmml")
    pipeline = sklearn2pmml.make_pmml_pipeline(
        stored.estimator(), [f["name"] for f in stored.features], [_target(stored)]
    )
    said = io.StringIO()
    try:
        # It prints what Java says, and an advertisement.
        with contextlib.redirect_stdout(said):
            sklearn2pmml.sklearn2pmml(pipeline, str(file))
    except Exception as error:
        raise _refusal(stored, said.getvalue(), error) from error


def _refusal(stored: Stored, said: str, error: Exception) -> errors.ExportError:
    """What Java printed, as a sentence."""
    exception = re.search(r"^(?:[\w.$]+(?:Exception|Error)): (.*)$", said, re.M)
    reason = exception[1] if exception else str(error).splitlines()[0]
    too_new = re.search(r"downgrade Scikit-Learn to version '([\d.]+)'", said)
    if too_new:
        return errors.ExportError(
            f"sklearn2pmml is older than this scikit-learn: {reason.strip()}",
            f"In a virtual environment of its own: pip install 'dbml[export]' 'scikit-learn=={too_new[1]}', and export "
            "from there; the model need not be fitted again.",
        )
    return errors.ExportError(
        f"sklearn2pmml cannot convert {stored.label}: {reason.strip()[:200]}", "Export it as sql, plan or onnx."
    )


def _target(stored: Stored) -> str:
    """A name that no feature has."""
    names = {f["name"] for f in stored.features}
    name = "y"
    while name in names:
        name += "_"
    return name


@contextlib.contextmanager
def _evaluator(file: Path) -> Iterator[Any]:
    """jpmml-evaluator in a Java of its own, which ends with it and hears nobody else."""
    library = needed("jpmml_evaluator", "pmml")
    gateway = needed("py4j.java_gateway", "pmml").JavaGateway.launch_gateway(
        classpath=os.pathsep.join(library._classpath([])), enable_auth=True, die_on_exit=True
    )
    try:
        backend = needed("jpmml_evaluator.py4j", "pmml").Py4JBackend(gateway)
        yield library.make_evaluator(str(file), backend=backend)
    finally:
        gateway.shutdown()


def _answers(stored: Stored, file: Path) -> Answers:
    import pandas as pd

    output = stored.interface["output"]
    scores = np.full(len(stored.golden["rows"]), np.nan)
    labels: list[Any] = [None] * len(scores)
    with _evaluator(file) as evaluator:
        for indices, X in stored.groups():  # noqa: N806
            rows = X if isinstance(X, pd.DataFrame) else pd.DataFrame(X, columns=[f["name"] for f in stored.features])
            found = evaluator.evaluateAll(rows.astype(object))
            predicted = found[_target(stored)].tolist() if _target(stored) in found else [None] * len(rows)
            for index, label in zip(indices, predicted, strict=True):
                labels[index] = label
            if output["kind"] == "probability":
                probabilities = [column for column in found if str(column).startswith("probability(")]
                scores[indices] = found[probabilities[output["index"]]]
            elif output["kind"] == "label":
                scores[indices] = [float(same(label, output["label"])) for label in predicted]
            else:
                scores[indices] = [np.nan if value is None else float(value) for value in predicted]
    return Answers(scores.tolist(), labels if stored.interface["task"] == "classifier" else None)
