"""A folder as MLflow writes it leads to the file of the model's library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import onnx
import pytest
import xgboost
from skl2onnx import to_onnx
from sklearn.linear_model import LinearRegression

from dbml.errors import ArtifactError
from dbml.models import artifact, mlflow

X = np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32)
Y = X[:, 0] * 2 + X[:, 1]


def written(flavour: str, folder: Path) -> Any:
    if flavour == "xgboost":
        booster = xgboost.train({"nthread": 1}, xgboost.DMatrix(X, Y), 3)
        booster.save_model(folder / "model.xgb")
        return "model.xgb", booster.predict(xgboost.DMatrix(X))
    if flavour == "lightgbm":
        model = lightgbm.train({"verbosity": -1, "num_threads": 1}, lightgbm.Dataset(X, Y), 3)
        model.save_model(folder / "model.lgb")
        return "model.lgb", model.predict(X)
    line = LinearRegression().fit(X, Y)
    graph = to_onnx(line, X[:1])
    onnx.save_model(graph, folder / "model.onnx", save_as_external_data=True, size_threshold=1)
    return "model.onnx", line.predict(X)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("flavour", ["xgboost", "lightgbm", "onnx"])
def test_flavours(flavour: str, tmp_path: Path) -> None:
    name, said = written(flavour, tmp_path)
    file = mlflow._file("models:/m/1", tmp_path, {"python_function": {}, flavour: {"data": name}})
    golden = artifact.read(file, X).golden
    places = np.unique(np.linspace(0, len(X) - 1, len(golden["scores"])).round().astype(int))
    assert golden["scores"] == pytest.approx(np.ravel(said)[places], abs=1e-5)


def test_another_flavour_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="a model of keras, python_function, whose files are not read") as refused:
        mlflow._file("models:/m/1", tmp_path, {"keras": {}, "python_function": {}})
    assert "mlflow.xgboost" in refused.value.hint


def test_a_folder_is_told_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="is a folder, and no file"):
        artifact.read(tmp_path, X)
    (tmp_path / "MLmodel").write_text("flavors: {}")
    with pytest.raises(ArtifactError, match="is a folder of MLflow") as refused:
        artifact.read(tmp_path, X)
    assert f"--from mlflow:{tmp_path}" in refused.value.hint
