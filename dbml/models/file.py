"""The formats in which an estimator comes, and how little of a file is believed before it is loaded.

A joblib file is unpickled, so that must be one that the caller trusts; of skops and ONNX files nothing is.
"""

from __future__ import annotations

import io
import lzma
import pickle
import platform
import warnings
import zlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import sklearn
from sklearn.exceptions import InconsistentVersionWarning

from dbml._plpython import unfold
from dbml.errors import RAISE_LIMIT, ArtifactError, TooLarge
from dbml.models import skops as skops_file

# A bytea value must stay below 1 GB, hex-encoded on its way in.
MAX_BYTES = 512 * 1024 * 1024
MAX_UNFOLDED = 4 * MAX_BYTES
REFIT = "Write it with `joblib.dump(estimator, FILE)` after `estimator.fit(X, y)`."

_KINDS = {".skops": "skops", ".onnx": "onnx"}


def kind(path: Path) -> str:
    """Which format a file has, by its suffix: ``skops``, ``onnx``, else ``joblib``."""
    return _KINDS.get(path.suffix, "joblib")


def load(
    path: Path | str, blob: bytes, kind: str, trust: Sequence[str] = (), unfolded: int = MAX_UNFOLDED
) -> tuple[Any, dict[str, str]]:
    """Load what a file holds.

    :param path: for messages.
    :param trust: types that a skops file may load.
    :param unfolded: bytes that it may have once it is decompressed.
    :returns: the estimator, and the versions of the libraries it was made with or is read by.
    :raises TooLarge: it has more.
    :raises ArtifactError: it cannot be loaded here.
    """
    libraries = {"python": platform.python_version()}
    if kind == "onnx":
        from dbml.scorer import onnx

        model = onnx.load(path, blob)
        return model, libraries | {name: version(name) for name in ("onnx", "onnxruntime", "numpy")}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if kind == "skops":
            estimator = skops_file.load(path, blob, trust, unfolded)
        else:
            estimator = _unpickled(path, blob, unfolded)
    made_with = sklearn.__version__
    for warning in caught:
        # The version is recorded instead: parity is measured, so a difference alone is no fault.
        if isinstance(warning.message, InconsistentVersionWarning):
            made_with = str(warning.message.original_sklearn_version)
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return estimator, libraries | {
        "scikit-learn": made_with,
        **{library: version(library) for library in ("numpy", "scipy", kind)},
    }


def read(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Read a file that has at most so many bytes.

    :raises TooLarge: it has more.
    :raises ArtifactError: it cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > limit:
            raise TooLarge(
                f"{path}: {size / 1024**2:.1f} MB is more than the {limit // 1024**2} MB that dbml stores here",
                "Compress it with `joblib.dump(estimator, FILE, compress=3)`, or fit a smaller model.",
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise ArtifactError(f"{path}: no such file", "Check the path. " + REFIT) from None
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror})", "Check the path.") from error


def _looks_like_joblib(blob: bytes) -> bool:
    # Pickle since protocol 2, then joblib's compressors: gzip, bz2, xz, lzma, lz4, zlib. Asked before
    # unpickling, because old pickle opcodes are letters and a text file fails in them at random.
    if blob.startswith((b"\x80", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"]\x00", b"\x04\x22\x4d\x18")):
        return True
    return len(blob) > 1 and blob[0] == 0x78 and int.from_bytes(blob[:2], "big") % 31 == 0


def _unpickled(path: Path | str, blob: bytes, unfolded: int) -> Any:
    """Unpickle a joblib file.

    :raises TooLarge: it has more than ``unfolded`` bytes once it is decompressed.
    :raises ArtifactError: it cannot be unpickled here.
    """
    not_joblib = ArtifactError(f"{path}: is not a joblib file", REFIT)
    if not blob:
        raise ArtifactError(f"{path}: is empty", REFIT)
    if not _looks_like_joblib(blob):
        raise not_joblib
    try:
        unfold.check(blob, unfolded)
    except unfold.TooLarge as error:
        raise TooLarge(f"{path}: {error}", "Nothing of it was loaded. " + RAISE_LIMIT) from error
    except ModuleNotFoundError:
        pass  # joblib says what is missing
    except ValueError as error:
        raise not_joblib from error
    try:
        return joblib.load(io.BytesIO(blob))
    except ModuleNotFoundError as error:
        raise ArtifactError(
            f'{path}: needs the module "{error.name}", which is not installed here',
            f"Install the package that provides {error.name}, or fit the model without it.",
        ) from error
    except Exception as error:
        # joblib, pickle and the compressors each tell of a short file in their own way. Other errors are
        # not searched for the word: they may name a class such as TruncatedSVD.
        text = str(error).lower()
        broken = (pickle.UnpicklingError, zlib.error, lzma.LZMAError, OSError, ValueError)
        short = any(words in text for words in ("truncated", "eof:", "ended before"))
        if isinstance(error, EOFError) or (isinstance(error, broken) and short):
            raise ArtifactError(f"{path}: is truncated", "Copy the file again, or " + _lower(REFIT)) from error
        # An unknown opcode is a KeyError of its number in the unpickler that joblib builds on.
        opcode = isinstance(error, KeyError) and isinstance(error.args[0], int)
        if opcode or isinstance(error, broken[:4]):
            raise not_joblib from error
        raise ArtifactError(
            f"{path}: cannot be unpickled here ({one_line(error)})",
            "Load it with `joblib.load` where it was made; its own classes must be in an importable module.",
        ) from error


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def one_line(error: BaseException) -> str:
    """What an error says, whatever library it comes from."""
    text = " ".join(str(error).split())
    return text if text else type(error).__name__
