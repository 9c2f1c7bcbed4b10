"""A skops file: an estimator as data, of which only types that somebody trusts are loaded, and nothing is unpickled."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from dbml.errors import RAISE_LIMIT, ArtifactError, TooLarge
from dbml.models import origin, soundness

_WRITE = "Write it with `skops.io.dump(estimator, FILE)`."

# Objects that are looked at while it is loaded: whoever refers to one twice has it looked at twice.
MAX_OBJECTS = 1_000_000

# Parts of ordinary pipelines that skops leaves to the caller. To load one sets its attributes and runs nothing else;
# of the functions, scikit-learn calls only what the model's own class would. Trees are checked before they are asked.
_HARMLESS = frozenset(
    (
        *("collections.OrderedDict", "functools.partial", "numpy.dtype"),
        *("scipy.interpolate._bsplines.BSpline", "scipy.interpolate._bsplines._BSpline"),  # the second since SciPy 1.18
        *("scipy._lib.array_api_compat.numpy._aliases.asarray", "sklearn.utils.validation.check_array"),
        *("sklearn._loss.loss.HalfTweedieLoss", "sklearn._loss.loss.HalfTweedieLossIdentity"),
        *("sklearn.calibration._CalibratedClassifier", "sklearn.calibration._SigmoidCalibration"),
        "sklearn.calibration._TemperatureScaling",
        *("sklearn.compose._column_transformer.make_column_selector", "sklearn.utils._bunch.Bunch"),
        "sklearn.compose._column_transformer._RemainderColsList",  # of 1.6: a list that warns
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        *(f"sklearn.feature_selection._univariate_selection.{name}" for name in ("f_classif", "f_regression", "chi2")),
        *(f"sklearn.metrics._scorer.{name}" for name in ("_CurveScorer", "_PassthroughScorer", "_Scorer")),
        "sklearn.metrics._classification.balanced_accuracy_score",
        *(f"sklearn.model_selection._split.{name}" for name in ("KFold", "StratifiedKFold")),
        *(f"sklearn.neural_network._stochastic_optimizers.{name}" for name in ("AdamOptimizer", "SGDOptimizer")),
        *("sklearn.tree._tree.Tree", "sklearn.utils._metadata_requests.MetadataRequest"),
        "sklearn.utils._metadata_requests.MethodMetadataRequest",
    )
)


def load(source: Path | str, blob: bytes, trust: Sequence[str], limit: int) -> Any:
    """Load the estimator.

    :param source: what messages call the file.
    :param trust: full names of types to load beside those that skops itself and :data:`_HARMLESS` trust.
    :param limit: bytes that the file may have once it is decompressed; asked before anything is loaded.
    :raises TooLarge: it has more, or more than :data:`MAX_OBJECTS`.
    :raises ArtifactError: skops is not installed, the file is none of its, or holds a type that is not trusted.
    """
    try:
        import skops.io
    except ImportError as error:
        raise ArtifactError(
            f"{source}: needs the package skops, which cannot be imported here ({error})",
            "Install it: pip install 'dbml[export]'",
        ) from error
    try:
        unfolded = _unfolded(io.BytesIO(blob))
        objects = _objects(blob) if unfolded <= limit else 0
        small = unfolded <= limit and objects <= MAX_OBJECTS
        unknown = skops.io.get_untrusted_types(data=blob) if small else []
    except Exception as error:
        # A zip file, JSON in it and its nodes are each refused by another library.
        raise ArtifactError(f"{source}: is not a skops file ({_first_line(error)})", _WRITE) from error
    if unfolded > limit:
        raise TooLarge(
            f"{source}: is {unfolded / 1024**2:.1f} MB once it is decompressed, and the bound is {limit // 1024**2}",
            "Nothing of it was loaded. " + RAISE_LIMIT,
        )
    if not small:
        raise TooLarge(
            f"{source}: holds {objects} objects, each counted as often as it is referred to, of at most {MAX_OBJECTS}",
            "Nothing of it was loaded. Fit a smaller model.",
        )
    left = sorted(set(unknown) - _HARMLESS - set(trust))
    if left:
        raise ArtifactError(
            f"{source}: holds types that are not trusted: {', '.join(left)}",
            "Loading a type runs its code. If you know it and the file's author: "
            + " ".join(f"`--trust {name}`" for name in left),
        )
    try:
        estimator = skops.io.loads(blob, trusted=unknown)
        soundness.check(estimator)
    except Exception as error:
        cannot = ArtifactError(f"{source}: cannot be loaded here ({_first_line(error)})", _WRITE)
        raise origin.of_another_version(str(source), error) or cannot from error
    return estimator


def _unfolded(file: IO[bytes]) -> int:
    """How many bytes a zip file holds by its directory, beyond which no reader goes; sparse arrays are zips in it."""
    with zipfile.ZipFile(file) as archive:
        return sum(
            _unfolded(archive.open(entry)) if entry.filename.endswith(".npz") else entry.file_size
            for entry in archive.infolist()
        )


def _objects(blob: bytes) -> int:
    """How many objects skops looks at: one that is referred to, with all that it holds, each time.

    :raises ValueError: an object holds itself.
    """
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        schema = json.loads(archive.read("schema.json"))
    known: dict[Any, int | None] = {}

    def count(state: Any) -> int:
        if isinstance(state, list):
            return sum(map(count, state))
        if not isinstance(state, dict):
            return 0
        name = state.get("__id__")
        if name in known and name is not None:
            if (found := known[name]) is None:
                raise ValueError("an object of it holds itself")
            return found
        known[name] = None
        found = 1 + sum(map(count, state.values()))
        known[name] = found
        return found

    return count(schema)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
