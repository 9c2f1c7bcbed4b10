"""Which libraries wrote a joblib file, read from its bytes: none of it is run.

scikit-learn does not promise that a pickle answers in another version as it did: a tree of 1.3 keeps counts where one
of 1.4 keeps shares, and says 91 for a probability. So a file of another version is for whoever says so aloud.
"""

from __future__ import annotations

import importlib.metadata
import io
import pickletools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dbml._plpython import unfold
from dbml.errors import ArtifactError

# More bytes than a version takes behind its mark, and fewer than a piece of a file.
_WINDOW = 256


def _pickled(behind: bytes) -> str | None:
    """The next string of a pickle: what stands beside the key ``_sklearn_version`` in an estimator's state."""
    try:
        for opcode, argument, _ in pickletools.genops(io.BytesIO(behind.lstrip(b"\n"))):
            if isinstance(argument, str):
                return argument if re.fullmatch(r"[\w.+-]{1,40}", argument) else None
            if opcode.name not in ("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "FRAME"):
                return None
    except ValueError:
        pass  # cut off, or no pickle
    return None


def _ubjson(behind: bytes) -> str | None:
    """An array of three numbers of one byte each."""
    count, numbers = behind[:8], behind[8:14]
    if count != (3).to_bytes(8, "big") or numbers[::2] != b"iii":
        return None
    return ".".join(str(number) for number in numbers[1::2])


def _json(behind: bytes) -> str | None:
    numbers = re.match(rb"(\d+),(\d+),(\d+)\]", behind)
    return b".".join(numbers.groups()).decode() if numbers else None


def _line(behind: bytes) -> str | None:
    number = re.match(rb"(\d+)\n", behind)
    return number[1].decode() if number else None


def _tag(behind: bytes) -> str | None:
    number = re.match(rb"\d+(\.\d+)*", behind)
    return number.group().decode() if number else None


@dataclass(frozen=True)
class _Library:
    """A library whose version stands in its files.

    :param packages: that bring it.
    :param marks: bytes before a version, and what reads the version behind them.
    :param form: how much of a version stands in a file.
    """

    packages: tuple[str, ...]
    marks: tuple[tuple[bytes, Callable[[bytes], str | None]], ...]
    form: str = r".*"

    def first(self, window: bytes) -> str | None:
        """The first version in a part of a file."""
        for mark, read in self.marks:
            place = window.find(mark)
            while place >= 0:
                behind = place + len(mark)
                if version := read(window[behind : behind + _WINDOW]):
                    return version
                place = window.find(mark, behind)
        return None

    def installed(self) -> str | None:
        """The version that is installed here, if any."""
        for package in self.packages:
            try:
                return importlib.metadata.version(package)
            except importlib.metadata.PackageNotFoundError:
                continue
        return None

    def wrote(self, written: str, here: str) -> bool:
        """Whether the version that is installed here wrote a file."""
        found = re.match(self.form, here)
        return written in (here, found.group() if found else here)


_LIBRARIES = {
    "scikit-learn": _Library(("scikit-learn",), ((b"_sklearn_version", _pickled),)),
    "xgboost": _Library(
        ("xgboost", "xgboost-cpu"), ((b"version[#L", _ubjson), (b'"version":[', _json)), r"\d+\.\d+\.\d+"
    ),
    # The version of its format, whose number is that of its major version.
    "lightgbm": _Library(("lightgbm",), ((b"tree\nversion=v", _line),), r"\d+"),
    "catboost": _Library(("catboost",), ((b"Branch: tags/v", _tag),)),
}


def written_by(blob: bytes) -> dict[str, str]:
    """Read which version of each library wrote a joblib file, where the file tells.

    :param blob: the file, or as much of it as is there.
    :returns: library → version; of LightGBM the major one.
    """
    found: dict[str, str] = {}
    tail = b""
    try:
        for piece in unfold.pieces(blob):
            window = tail + piece
            for name, library in _LIBRARIES.items():
                if name not in found and (version := library.first(window)):
                    found[name] = version
            tail = window[-_WINDOW:]
    except Exception:  # noqa: S110 - whoever loads the file says what is wrong with it
        pass
    return found


def differing(written: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Libraries of which another version is installed here than wrote a file.

    :returns: library → the version that wrote it, and the one here.
    """
    found = {}
    for name, library in _LIBRARIES.items():
        here = library.installed()
        if name in written and here and not library.wrote(written[name], here):
            found[name] = written[name], here
    return found


def installed(name: str) -> str:
    """The version of a library that is installed here, where one is."""
    return _LIBRARIES[name].installed() or "none"


def require_no_newer(source: str, name: str, content: bytes, trust: Sequence[str]) -> None:
    """Refuse a library's own file that a later version wrote than is installed here, unless the caller trusts it.

    Libraries read the files of their earlier versions; of later ones they pass over what they do not know.

    :param name: of the library.
    :raises ArtifactError: with both versions.
    """
    found = _LIBRARIES[name].first(content)
    written = {name: found} if found else {}
    later = {name: (wrote, here) for name, (wrote, here) in differing(written).items() if _order(wrote) > _order(here)}
    require_trust(source, {name: wrote for name, (wrote, _) in later.items()}, trust)


def _order(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def of_another_version(source: str, error: Exception) -> ArtifactError | None:
    """Say that a package has not what a file refers to, though it is installed; None if that is not the error.

    A file does not tell the version of most packages, such as SciPy's, whose splines are of another class since 1.18.
    """
    name = re.search(r"Can't get attribute '([\w.]+)' on <module '([\w.]+)'", str(error))
    attribute = re.search(r"module '([\w.]+)' has no attribute '(\w+)'", str(error))
    if isinstance(error, ModuleNotFoundError):
        package, needed = str(error.name).partition(".")[0], f'the module "{error.name}"'
    elif isinstance(error, AttributeError) and (name or attribute):
        module, own = name.group(2, 1) if name else attribute.group(1, 2) if attribute else ("", "")
        package, needed = module.partition(".")[0], f'"{module}.{own}"'
        # A class of the caller's own is for him to bring along.
        if package not in importlib.metadata.packages_distributions():
            return None
    else:
        return None
    return ArtifactError(
        f"{source}: needs {needed}, which the {_named(package)} here does not have",
        f"Another version of {package} wrote it: fit it again with the one that is installed here, and dump that.",
    )


def _named(package: str) -> str:
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return package


def said(differences: Mapping[str, tuple[str, str]]) -> str:
    """Both versions as a part of a sentence: ``scikit-learn 1.3.2, and 1.9.0 is installed here``."""
    return "; ".join(f"{name} {wrote}, and {here} is installed here" for name, (wrote, here) in differences.items())


def refit(differences: Mapping[str, tuple[str, str]]) -> str:
    """The way out that always works."""
    return f"Fit it again with {', '.join(f'{name} {here}' for name, (_, here) in differences.items())}, and dump that."


def words(written: Mapping[str, str]) -> list[str]:
    """What ``trust`` says of a file of these versions, such as ``scikit-learn==1.3.2``."""
    return [f"{name}=={version}" for name, version in written.items() if name in _LIBRARIES]


def require_trust(source: str, written: Mapping[str, str], trust: Sequence[str]) -> None:
    """Refuse a file that another version wrote than is installed here, unless the caller trusts it.

    :param source: what messages call the file.
    :param trust: has the :func:`words` for it.
    :raises ArtifactError: with both versions.
    """
    differences = differing(written)
    left = [word for word in words({name: wrote for name, (wrote, _) in differences.items()}) if word not in trust]
    if left:
        options = " ".join(f"`--trust {word}`" for word in left)
        raise ArtifactError(
            f"{source}: was written by {said(differences)}: it may answer otherwise than it did",
            f"{refit(differences)} If you know that its answers are the same: {options}.",
        )
