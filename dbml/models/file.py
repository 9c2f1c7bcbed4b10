"""The formats in which an estimator comes, and how little of a file is believed before it is loaded.

A joblib file is unpickled, so that must be one that the caller trusts; of the others nothing is.
"""

from __future__ import annotations

import importlib.util
import io
import lzma
import pickle
import platform
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import sklearn
from sklearn.exceptions import InconsistentVersionWarning

from dbml._plpython import unfold
from dbml.errors import RAISE_LIMIT, ArtifactError, TooLarge
from dbml.models import origin
from dbml.models import skops as skops_file
from dbml.scorer import boosters, statsmodels

# A bytea value must stay below 1 GB, hex-encoded on its way in.
MAX_BYTES = 512 * 1024 * 1024
MAX_UNFOLDED = 4 * MAX_BYTES
REFIT = "Write it with `joblib.dump(estimator, FILE)` after `estimator.fit(X, y)`."

_KINDS = {
    ".skops": "skops",
    ".onnx": "onnx",
    ".json": "xgboost",
    ".ubj": "xgboost",
    ".txt": "lightgbm",
    ".pmml": "pmml",
    ".cbm": "catboost",
    ".zip": "mojo",
}
# How files begin whose suffix is anything: model.bst, model.lgb, churn.model.
_BEGINNINGS = {
    b"{L": "xgboost",
    b'{"learner"': "xgboost",
    b"binf": "xgboost",
    b"tree\n": "lightgbm",
    b"CBM1": "catboost",
    b"<?xml": "pmml",
    b"<PMML": "pmml",
}


@dataclass(frozen=True)
class File:
    """A model as it was handed over.

    :param source: what messages call it.
    :param content: its bytes.
    :param kind: its format: ``joblib``, ``skops``, ``onnx``, ``xgboost``, ``lightgbm``, ``catboost``, ``pmml`` or
        ``mojo``.
    """

    source: str
    content: bytes
    kind: str


def read(model: Any, limit: int = MAX_BYTES) -> File:
    """Read a file that has at most so many bytes, or dump a live estimator as one.

    :param model: a path, whose suffix tells the format, or the estimator itself.
    :raises TooLarge: it has more.
    :raises ArtifactError: it cannot be read, or pickled.
    """
    if not isinstance(model, (str, Path)):
        return _dumped(model, limit)
    path = Path(model)
    try:
        size = path.stat().st_size
        _check_size(str(path), size, limit)
        content = path.read_bytes()
        return File(str(path), content, _kind(path.suffix, content))
    except FileNotFoundError:
        raise ArtifactError(f"{path}: no such file", "Check the path. " + REFIT) from None
    except IsADirectoryError:
        known = (path / "MLmodel").exists()
        raise ArtifactError(
            f"{path}: is a folder{' of MLflow' if known else ''}, and no file",
            f"Say where MLflow has it: `--from mlflow:{path.absolute()}`." if known else "Name the file in it.",
        ) from None
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror})", "Check the path.") from error


def _kind(suffix: str, content: bytes) -> str:
    # Several libraries write JSON; only CatBoost's says what its features are, and LightGBM's begins with a name.
    if suffix == ".json" and b'"features_info"' in content:
        return "catboost"
    if suffix == ".json" and b'"name":"tree"' in content[:80].replace(b" ", b""):
        return "lightgbm"
    if suffix in _KINDS:
        return _KINDS[suffix]
    return next((kind for start, kind in _BEGINNINGS.items() if content.startswith(start)), "joblib")


def _dumped(estimator: Any, limit: int) -> File:
    source, buffer = f"the {type(estimator).__name__} handed over", io.BytesIO()
    native = _native(estimator)
    if native is not None:
        _check_size(source, len(native[1]), limit)
        return File(source, native[1], native[0])
    try:
        joblib.dump(estimator, buffer)
    except Exception as error:
        # What pickle, and each object's own reduction, cannot do has no common exception.
        raise ArtifactError(
            f"{source}: cannot be pickled ({one_line(error)})",
            "Its functions and classes must be importable by name: no lambda, nothing that a function defines.",
        ) from error
    _check_size(source, buffer.tell(), limit)
    return File(source, buffer.getvalue(), "joblib")


def _native(estimator: Any) -> tuple[str, bytes] | None:
    """A booster that is no estimator of scikit-learn's, as the file that its library would write."""
    library = type(estimator).__module__.partition(".")[0]
    if type(estimator).__name__ != "Booster" or library not in ("xgboost", "lightgbm"):
        return None
    if library == "xgboost":
        return library, bytes(estimator.save_raw("ubj"))
    return library, estimator.model_to_string(num_iteration=-1).encode()


def _check_size(source: str, size: int, limit: int) -> None:
    if size > limit:
        raise TooLarge(
            f"{source}: {size / 1024**2:.1f} MB is more than the {limit // 1024**2} MB that dbml stores here",
            "Compress it with `joblib.dump(estimator, FILE, compress=3)`, or fit a smaller model.",
        )


def load(file: File, trust: Sequence[str] = (), unfolded: int = MAX_UNFOLDED) -> tuple[Any, dict[str, str]]:
    """Load what a file holds.

    :param trust: types that a skops file may load; and versions, such as ``scikit-learn==1.3.2``, that may have written
        it although another is installed here.
    :param unfolded: bytes that it may have once it is decompressed.
    :returns: the estimator, and the versions of the libraries it was made with or is read by.
    :raises TooLarge: it has more.
    :raises ArtifactError: it cannot be loaded here, or another version wrote it.
    """
    libraries = {"python": platform.python_version()}
    if file.kind == "onnx":
        from dbml.scorer import onnx

        model = onnx.load(file.source, file.content)
        return model, libraries | {name: version(name) for name in ("onnx", "onnxruntime", "numpy")}
    if file.kind == "pmml":
        from dbml.scorer import pmml

        return pmml.load(file.source, file.content), libraries | {
            name: version(name) for name in ("jpmml_evaluator", "numpy")
        }
    if file.kind == "mojo":
        from dbml.scorer import mojo

        return mojo.load(file.source, file.content, unfolded), libraries | {
            name: version(name) for name in ("h2o", "numpy")
        }
    if file.kind in boosters.LIBRARIES:
        booster = boosters.load(file.kind, file.source, file.content)
        origin.require_no_newer(file.source, file.kind, file.content, trust)
        return booster, libraries | {"numpy": version("numpy"), file.kind: origin.installed(file.kind)}
    written: dict[str, str] = {}
    with _versions_of_warnings(written):
        if file.kind == "skops":
            estimator = skops_file.load(file.source, file.content, trust, unfolded)
        else:
            estimator = _unpickled(file, unfolded, written)
    origin.require_trust(file.source, written, trust)
    results = statsmodels.wrapped(file.source, estimator)
    if results is not None:
        return results, libraries | {name: version(name) for name in ("numpy", "scipy", "statsmodels")}
    return estimator, libraries | {
        "scikit-learn": sklearn.__version__,
        **{library: version(library) for library in ("numpy", "scipy", file.kind)},
        **written,
    }


@contextmanager
def _versions_of_warnings(written: dict[str, str]) -> Iterator[None]:
    """Add which scikit-learn wrote what is loaded, as its own warning tells; other warnings are for the caller."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        if isinstance(warning.message, InconsistentVersionWarning):
            written.setdefault("scikit-learn", str(warning.message.original_sklearn_version))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def _looks_like_joblib(blob: bytes) -> bool:
    # Pickle since protocol 2, then joblib's compressors: gzip, bz2, xz, lzma, lz4, zlib. Asked before
    # unpickling, because old pickle opcodes are letters and a text file fails in them at random.
    if blob.startswith((b"\x80", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"]\x00", b"\x04\x22\x4d\x18")):
        return True
    return len(blob) > 1 and blob[0] == 0x78 and int.from_bytes(blob[:2], "big") % 31 == 0


def _unpickled(file: File, unfolded: int, written: dict[str, str]) -> Any:
    """Unpickle a joblib file.

    :param written: which versions wrote it is added here.
    :raises TooLarge: it has more than ``unfolded`` bytes once it is decompressed.
    :raises ArtifactError: it cannot be unpickled here.
    """
    source, blob = file.source, file.content
    not_joblib = ArtifactError(f"{source}: is not a joblib file", REFIT)
    if not blob:
        raise ArtifactError(f"{source}: is empty", REFIT)
    if not _looks_like_joblib(blob):
        raise not_joblib
    try:
        unfold.check(blob, unfolded)
    except unfold.TooLarge as error:
        raise TooLarge(f"{source}: {error}", "Nothing of it was loaded. " + RAISE_LIMIT) from error
    except ModuleNotFoundError:
        pass  # joblib says what is missing
    except ValueError as error:
        raise not_joblib from error
    written |= origin.written_by(blob)
    try:
        return joblib.load(io.BytesIO(blob))
    except Exception as error:
        # joblib, pickle and the compressors each tell of a short file in their own way. Other errors are
        # not searched for the word: they may name a class such as TruncatedSVD.
        text = str(error).lower()
        broken = (pickle.UnpicklingError, zlib.error, lzma.LZMAError, OSError, ValueError)
        short = any(words in text for words in ("truncated", "eof:", "ended before"))
        if isinstance(error, EOFError) or (isinstance(error, broken) and short):
            raise ArtifactError(f"{source}: is truncated", "Copy the file again, or " + _lower(REFIT)) from error
        # An unknown opcode is a KeyError of its number in the unpickler that joblib builds on.
        opcode = isinstance(error, KeyError) and isinstance(error.args[0], int)
        if opcode or isinstance(error, broken[:4]):
            raise not_joblib from error
        raise _unloadable(source, error, written) from error


def _unloadable(source: str, error: Exception, written: Mapping[str, str]) -> ArtifactError:
    """Say why a whole file does not load: another version wrote it, or something of it is not here."""
    differences = origin.differing(written)
    missing = str(error.name) if isinstance(error, ModuleNotFoundError) else ""
    package = missing.partition(".")[0]
    # Compiled parts of scikit-learn 1.6 are modules without a package, such as "_loss".
    elsewhere = bool(missing) and not package.startswith("_") and importlib.util.find_spec(package) is None
    if elsewhere:
        words = [word for word in origin.words(written) if word.startswith(f"{package}==")]
        return ArtifactError(
            f'{source}: needs the module "{missing}", which is not installed here',
            f"Install {words[0] if words else f'the package that provides {missing}'}, or fit the model without it.",
        )
    if differences:
        return ArtifactError(
            f"{source}: does not load here ({one_line(error)}), because it was written by {origin.said(differences)}",
            origin.refit(differences),
        )
    if older_or_newer := origin.of_another_version(source, error):
        return older_or_newer
    return ArtifactError(
        f"{source}: cannot be unpickled here ({one_line(error)})",
        "Load it with `joblib.load` where it was made; its own classes must be in an importable module.",
    )


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def one_line(error: BaseException) -> str:
    """What an error says, whatever library it comes from."""
    text = " ".join(str(error).split())
    return text if text else type(error).__name__
