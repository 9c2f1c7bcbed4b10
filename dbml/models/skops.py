"""A skops file: an estimator as data, of which only types that somebody trusts are loaded, and nothing is unpickled."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from dbml.errors import RAISE_LIMIT, ArtifactError, TooLarge

_WRITE = "Write it with `skops.io.dump(estimator, FILE)`."


def load(path: Path | str, blob: bytes, trust: Sequence[str], limit: int) -> Any:
    """Load the estimator.

    :param trust: full names of types to load beside those that skops itself trusts.
    :param limit: bytes that the file may have once it is decompressed; asked before anything is loaded.
    :raises TooLarge: it has more.
    :raises ArtifactError: skops is not installed, the file is none of its, or holds a type that is not trusted.
    """
    try:
        import skops.io
    except ImportError as error:
        raise ArtifactError(
            f"{path}: needs the package skops, which cannot be imported here ({error})",
            "Install it: pip install 'dbml[export]'",
        ) from error
    try:
        unfolded = _unfolded(io.BytesIO(blob))
        unknown = skops.io.get_untrusted_types(data=blob) if unfolded <= limit else []
    except Exception as error:
        # A zip file, JSON in it and its nodes are each refused by another library.
        raise ArtifactError(f"{path}: is not a skops file ({_first_line(error)})", _WRITE) from error
    if unfolded > limit:
        raise TooLarge(
            f"{path}: is {unfolded / 1024**2:.1f} MB once it is decompressed, and the bound is {limit // 1024**2}",
            "Nothing of it was loaded. " + RAISE_LIMIT,
        )
    left = sorted(set(unknown) - set(trust))
    if left:
        raise ArtifactError(
            f"{path}: holds types that are not trusted: {', '.join(left)}",
            "Loading a type runs its code. If you know it and the file's author: "
            + " ".join(f"`--trust {name}`" for name in left),
        )
    try:
        return skops.io.loads(blob, trusted=unknown)
    except Exception as error:
        raise ArtifactError(f"{path}: cannot be loaded here ({_first_line(error)})", _WRITE) from error


def _unfolded(file: IO[bytes]) -> int:
    """How many bytes a zip file holds by its directory, beyond which no reader goes; sparse arrays are zips in it."""
    with zipfile.ZipFile(file) as archive:
        return sum(
            _unfolded(archive.open(entry)) if entry.filename.endswith(".npz") else entry.file_size
            for entry in archive.infolist()
        )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
