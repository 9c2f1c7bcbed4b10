"""Models that another version of a library wrote: real files of scikit-learn 1.3.2 and 1.6.1 (tests/files/older)."""

from __future__ import annotations

import bz2
import gzip
import importlib
import pickle
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
import scipy
import sklearn
import skops.io
import xgboost
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer
from sklearn.tree import DecisionTreeClassifier

from dbml.errors import ArtifactError, DbmlError
from dbml.models import artifact, origin

OLDER = Path(__file__).parents[1] / "files" / "older"
HERE = sklearn.__version__
ROWS = pd.DataFrame({"x0": [0.0, 2.0, 3.0, 4.0, 6.0]})


def refused(name: str, *trust: str, sample: Any = ROWS) -> DbmlError:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # xgboost's own, of its older files
        with pytest.raises(DbmlError) as caught:
            artifact.read(OLDER / name, sample, trust=trust)
    assert "Leave the row away" not in str(caught.value.hint)
    assert "Install the package" not in str(caught.value.hint)
    return caught.value


def answers(name: str) -> Any:
    """What the scikit-learn that is installed here says by a file itself; None where it cannot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return joblib.load(OLDER / name).predict_proba(ROWS)
        except Exception:
            return None


@pytest.mark.parametrize("name", ["tree", "bagging", "logit", "imputer"])
@pytest.mark.parametrize("version", [version for version in ("1.3.2", "1.6.1") if version != HERE])
def test_a_file_of_another_scikit_learn_is_refused_until_it_is_trusted(version: str, name: str) -> None:
    error = refused(f"{version}-{name}.joblib")
    assert f"was written by scikit-learn {version}, and {HERE} is installed here" in error.message
    assert f"Fit it again with scikit-learn {HERE}" in str(error.hint)
    assert f"`--trust scikit-learn=={version}`" in str(error.hint)
    # Another version is not trusted with it.
    assert refused(f"{version}-{name}.joblib", "scikit-learn==1.4.2").message == error.message


def test_what_is_trusted_is_read_and_said() -> None:
    got = artifact.read(OLDER / "1.3.2-logit.joblib", trust=["scikit-learn==1.3.2"])
    assert got.libraries["scikit-learn"] == "1.3.2"
    assert got.notices == (f"it was written by scikit-learn 1.3.2, and {HERE} is installed here, and trusted",)


def test_no_probability_beyond_one() -> None:
    for name in ("bagging", "tree"):
        file = f"1.3.2-{name}.joblib"
        error = refused(file, "scikit-learn==1.3.2")
        # Some versions answer by it, each row as many times as there were rows in the leaf; others miss an attribute.
        wrong = answers(file)
        if wrong is None:
            assert (
                "the estimator refuses sample row 1: 'DecisionTreeClassifier' object has no attribute" in error.message
            )
        else:
            assert wrong.max() > 1
            assert 'the probability of class "1" is ' in error.message and "for sample row " in error.message
        assert f"written by scikit-learn 1.3.2, and {HERE} is installed here" in error.message


def test_no_probability_beyond_one_from_a_file_that_was_dumped_again(tmp_path: Path) -> None:
    with pytest.warns(sklearn.exceptions.InconsistentVersionWarning):
        tree = joblib.load(OLDER / "1.3.2-tree.joblib")
    joblib.dump(tree, tmp_path / "tree.joblib")
    beyond = answers("1.3.2-tree.joblib") is not None
    words = 'the probability of class "1" is ' if beyond else "the estimator refuses sample row 1: .*'monotonic_cst'"
    with pytest.raises(DbmlError, match=words) as caught:
        artifact.read(tmp_path / "tree.joblib", ROWS)
    assert "Fit it again" in str(caught.value.hint) or not beyond
    with pytest.raises(ArtifactError, match="does not work here .*has no attribute 'monotonic_cst'") as caught:
        artifact.read(tmp_path / "tree.joblib")
    assert "Fit it again" in str(caught.value.hint)


@pytest.mark.parametrize("trust", [(), ("scikit-learn==1.3.2", "scikit-learn==1.6.1")], ids=["", "trusted"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("1.3.2-boosting.joblib", "__pyx_unpickle_CyHalfBinomialLoss"),
        ("1.6.1-boosting.joblib", "No module named '_loss'"),
    ],
)
def test_a_file_that_does_not_load_says_who_wrote_it(name: str, reason: str, trust: tuple[str, ...]) -> None:
    if (expected := answers(name)) is not None:  # of a version so near that it loads
        read = artifact.read(OLDER / name, ROWS, trust=("scikit-learn==1.6.1",))
        assert read.golden["scores"][: len(ROWS)] == pytest.approx(expected[:, 1].tolist(), abs=1e-12)
        return
    error = refused(name, *trust)
    assert "does not load here" in error.message
    assert reason in error.message
    assert f"it was written by scikit-learn {name[:5]}, and {HERE} is installed here" in error.message
    assert error.hint == f"Fit it again with scikit-learn {HERE}, and dump that."


@pytest.mark.parametrize("sample", [ROWS, None], ids=["sample", "made up"])
def test_a_file_that_does_not_score_says_who_wrote_it(sample: Any) -> None:
    if (expected := answers("1.3.2-imputer.joblib")) is not None:  # of a version that does without what is missing
        read = artifact.read(OLDER / "1.3.2-imputer.joblib", ROWS, trust=("scikit-learn==1.3.2",))
        assert read.golden["scores"][: len(ROWS)] == pytest.approx(expected[:, 1].tolist(), abs=1e-12)
        return
    error = refused("1.3.2-imputer.joblib", "scikit-learn==1.3.2", sample=sample)
    assert "has no attribute '_fill_dtype'" in error.message
    assert f"it was written by scikit-learn 1.3.2, and {HERE} is installed here" in error.message.replace(
        "the model", "it"
    )


def test_attributes_that_scikit_learn_itself_misses() -> None:
    error = refused("1.3.2-tree.joblib", "scikit-learn==1.3.2", sample=None)
    assert "does not work here ('DecisionTreeClassifier' object has no attribute 'monotonic_cst')" in error.message
    assert "because it was written by scikit-learn 1.3.2" in error.message


def test_boosting_libraries() -> None:
    error = refused("1.3.2-xgboost.joblib")
    assert f"was written by xgboost 1.7.6, and {xgboost.__version__} is installed here" in error.message
    assert "`--trust xgboost==1.7.6`" in str(error.hint)
    error = refused("1.3.2-lightgbm.joblib")
    assert f"was written by lightgbm 3, and {lightgbm.__version__} is installed here" in error.message
    # It loads, and its predict stumbles over what LightGBM 4 keeps elsewhere.
    error = refused("1.3.2-lightgbm.joblib", "lightgbm==3")
    assert "the model was written by lightgbm 3" in error.message
    assert error.hint == f"Fit it again with lightgbm {lightgbm.__version__}, and dump that."


@pytest.mark.parametrize("library", [lightgbm.LGBMRegressor, xgboost.XGBRegressor, DecisionTreeClassifier])
def test_what_is_installed_here_needs_no_trust(library: Any, tmp_path: Path) -> None:
    options = {"verbose": -1} if library is lightgbm.LGBMRegressor else {}
    model = library(**options).fit(np.arange(60.0).reshape(-1, 1), np.arange(60) % 2)
    joblib.dump(model, tmp_path / "m.joblib")
    read = artifact.read(tmp_path / "m.joblib", ROWS)
    assert read.notices == ()
    assert origin.differing(read.libraries) == {}
    for file in OLDER.glob(f"{HERE}-*.joblib"):  # on that scikit-learn
        assert artifact.read(file, ROWS).notices == ()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "compress", [bytes, zlib.compress, gzip.compress, bz2.compress], ids=["plain", "zlib", "gzip", "bz2"]
)
def test_the_version_is_read_without_unpickling(protocol: int, compress: Callable[[bytes], bytes]) -> None:
    class Marked:
        def __reduce__(self) -> Any:
            return pytest.fail, ("the file was unpickled",)

    blob = pickle.dumps([LogisticRegression().fit([[0.0], [1.0]], [0, 1]), Marked()], protocol=protocol)
    if protocol >= 2:  # older ones are no files of joblib
        assert origin.written_by(compress(blob)) == {"scikit-learn": HERE}


def test_a_version_at_the_edge_of_a_piece() -> None:
    estimator = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    for padding in range(2**20 - 400, 2**20 + 40, 40):
        blob = pickle.dumps(["x" * padding, estimator], protocol=4)
        assert origin.written_by(zlib.compress(blob, 0)) == {"scikit-learn": HERE}


def test_nothing_is_known_of_what_says_nothing() -> None:
    for blob in (
        b"",
        b"\x80\x04N.",
        b"\x80\x04_sklearn_version",
        b"\x80\x04\x8c\x10_sklearn_version\x94K\x01.",
        b"x\x9cgarbage",
    ):
        assert origin.written_by(blob) == {}


@pytest.mark.parametrize("suffix", ["joblib", "skops"])
def test_a_class_that_another_version_of_scipy_has_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    rows = np.linspace(0, 1, 50).reshape(-1, 1)
    model = make_pipeline(SplineTransformer(), LinearRegression()).fit(rows, rows[:, 0])
    (joblib.dump if suffix == "joblib" else skops.io.dump)(model, tmp_path / f"m.{suffix}")
    monkeypatch.delattr("scipy.interpolate._bsplines.BSpline")
    with pytest.raises(ArtifactError) as caught:
        artifact.read(tmp_path / f"m.{suffix}", rows)
    lacking = f'needs "scipy.interpolate._bsplines.BSpline", which the scipy {scipy.__version__} here does not have'
    assert lacking in caught.value.message
    assert caught.value.hint.startswith("Another version of scipy wrote it: fit it again")


def test_a_class_of_ones_own_is_for_its_owner_to_bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_steps.py").write_text("class Step:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    joblib.dump(importlib.import_module("own_steps").Step(), tmp_path / "m.joblib")
    monkeypatch.delattr("own_steps.Step")
    with pytest.raises(ArtifactError, match="cannot be unpickled here") as caught:
        artifact.read(tmp_path / "m.joblib", np.zeros((2, 1)))
    assert "its own classes must be in an importable module" in caught.value.hint
