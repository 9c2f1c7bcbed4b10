"""Models from an MLflow tracking store or registry, and trainings logged to one.

MLflow's artifacts are pickles: what is fetched is unpickled on this machine like any other file, and signed like one.
"""

from __future__ import annotations

import importlib
import math
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import pandas as pd

from dbml.errors import ArtifactError

SCHEME = "mlflow:"
# MLflow's types of columns, as `--types` calls them.
_TYPES = {
    "double": "float",
    "float": "float32",
    "long": "integer",
    "integer": "integer",
    "boolean": "boolean",
    "string": "text",
}


@dataclass(frozen=True)
class Fetched:
    """A model of MLflow's.

    :param file: of its library; it is there as long as the block of :func:`fetched` runs.
    :param sample: the input example that was logged with it; None where there was none.
    :param types: feature → type, by its signature.
    :param metrics: of the run that made it.
    :param note: which run that was.
    """

    file: Path
    sample: pd.DataFrame | None
    types: Mapping[str, str]
    metrics: Mapping[str, float]
    note: str


@contextmanager
def fetched(place: str) -> Iterator[Fetched]:
    """Fetch a model from the store that ``MLFLOW_TRACKING_URI`` names.

    :param place: ``mlflow:models:/churn/3``, ``mlflow:models:/churn@champion`` or ``mlflow:runs:/RUN/model``.
    :raises ArtifactError: MLflow is not installed, has no such model, or it is of no library whose files are read.
    """
    if not place.startswith(SCHEME) or place == SCHEME:
        raise ArtifactError(f"{place!r} names no model of MLflow", "Write it as mlflow:models:/churn/3.")
    mlflow = _mlflow()
    uri = place.removeprefix(SCHEME)
    with tempfile.TemporaryDirectory(prefix="dbml-mlflow-") as folder:
        try:
            path = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=folder))
            model = mlflow.models.Model.load(str(path))
            run = mlflow.MlflowClient().get_run(model.run_id) if model.run_id else None
        except (mlflow.exceptions.MlflowException, OSError) as error:
            raise ArtifactError(
                f"MLflow does not give {uri}: {str(error).splitlines()[0]}",
                "Set MLFLOW_TRACKING_URI, and name a version or a run that is there.",
            ) from error
        file = _file(uri, path, model.flavors or {})
        sample = model.load_input_example(str(path)) if model.saved_input_example_info else None
        inputs = model.signature.inputs.inputs if model.signature and model.signature.inputs else []
        yield Fetched(
            file,
            sample if isinstance(sample, pd.DataFrame) else None,
            {one.name: _TYPES[one.type.name] for one in inputs if one.name and _known(one)},
            {name: value for name, value in (run.data.metrics if run else {}).items() if math.isfinite(value)},
            f"from MLflow, {uri}" + (f", run {model.run_id}" if model.run_id else ""),
        )


def log(
    experiment: str,
    name: str,
    params: Mapping[str, Any],
    metrics: Mapping[str, float],
    tags: Mapping[str, Any],
    estimator: Any,
    inputs: pd.DataFrame,
) -> str:
    """Log a training as a run of an experiment, with the estimator as its model ``model``.

    :param name: of the run.
    :param inputs: some rows that the estimator takes.
    :returns: its id.
    :raises ArtifactError: MLflow is not installed, or cannot be reached.
    """
    mlflow = _mlflow()
    try:
        # What MLflow says of its own is not the command's answer.
        with redirect_stdout(sys.stderr):
            mlflow.set_experiment(experiment)
        with redirect_stdout(sys.stderr), mlflow.start_run(run_name=name) as run:
            mlflow.log_params({key: value for key, value in params.items() if value not in (None, {}, [], ())})
            mlflow.log_metrics(dict(metrics))
            mlflow.set_tags(dict(tags))
            mlflow.sklearn.log_model(
                estimator,
                name="model",
                signature=mlflow.models.infer_signature(inputs, estimator.predict(inputs)),
                input_example=inputs,
                # Its other format takes no trees without a list of what to trust in them.
                serialization_format="cloudpickle",
                # MLflow would start an interpreter to find out.
                pip_requirements=[f"{one}=={installed(one)}" for one in ("scikit-learn", "numpy", "scipy", "pandas")],
            )
    except (mlflow.exceptions.MlflowException, OSError) as error:
        raise ArtifactError(
            f"MLflow does not take the run: {str(error).splitlines()[0]}",
            "The version itself is stored. Set MLFLOW_TRACKING_URI.",
        ) from error
    return str(run.info.run_id)


def _mlflow() -> Any:
    try:
        return importlib.import_module("mlflow")
    except ImportError as error:
        raise ArtifactError(f"models of MLflow need {error.name}", "pip install 'dbml[mlflow]'") from None


def _known(column: Any) -> bool:
    return getattr(column.type, "name", None) in _TYPES


# Flavour → what of it names its file. A model that scikit-learn's class holds is logged by that flavour alone.
_FLAVOURS = {
    "sklearn": "pickled_model",
    **dict.fromkeys(("xgboost", "lightgbm", "catboost", "statsmodels", "onnx"), "data"),
}
# How MLflow calls files → how the files of their libraries are called. Others are pickles.
_SUFFIXES = {
    **{suffix: suffix for suffix in (".skops", ".json", ".ubj", ".onnx")},
    ".xgb": ".ubj",
    ".lgb": ".txt",
    ".cb": ".cbm",
}


def _file(uri: str, path: Path, flavours: Mapping[str, Any]) -> Path:
    """The model's file, by a suffix that tells its format.

    :raises ArtifactError: no flavour is one whose files are read.
    """
    flavour = next((one for one in _FLAVOURS if one in flavours), None)
    if flavour is None:
        raise ArtifactError(
            f"{uri} is a model of {', '.join(flavours)}, whose files are not read",
            f"Log it by one of {', '.join(f'mlflow.{one}' for one in _FLAVOURS)}.",
        )
    file = path / str(flavours[flavour][_FLAVOURS[flavour]])
    if flavour == "onnx":
        _with_its_numbers(file)
    return file.rename(file.with_suffix(_SUFFIXES.get(file.suffix, ".joblib")))


def _with_its_numbers(file: Path) -> None:
    """Put numbers that MLflow wrote beside an ONNX file into it."""
    import onnx

    onnx.save_model(onnx.load(file), file)
