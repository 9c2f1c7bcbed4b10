"""What the application declares beside its SQLAlchemy models: profiles, and a manifest of model files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData

from dbml.errors import SpecError, nearest
from dbml.profiles.spec import Profile

KEY = "dbml"


@dataclass(frozen=True)
class Release:
    """A model file that a migration adds as a version.

    :param path: the joblib file; a relative one begins at the folder of ``alembic.ini``, in a manifest at its own.
    :param version: the number it becomes; None takes the next one.
    :param sha256: what the file must be; None takes it as it is.
    :param sample: rows of the features, as for ``dbml model add``; relative like ``path``.
    :param trust: and ``types``: as :func:`dbml.add_model` takes them.
    """

    name: str
    path: Path | str
    version: int | None = None
    sha256: str | None = None
    sample: Path | str | None = None
    output: str | None = None
    engine: str = "auto"
    metrics: Mapping[str, float] = field(default_factory=dict)
    note: str | None = None
    trust: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    serve: bool = True

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name}@{self.version}"


@dataclass(frozen=True)
class Declaration:
    """Profiles, and the manifest of models if there is one."""

    profiles: tuple[Profile, ...]
    manifest: Path | None


def declare(metadata: MetaData, *profiles: Profile, models: Path | str | None = None) -> None:
    """Declare beside SQLAlchemy models what ``alembic revision --autogenerate`` is to bring about.

    :param profiles: every profile that is to be attached; an attached one that is not here is proposed to be detached.
    :param models: the manifest of the models, a TOML file; without one, models are left alone.
    """
    metadata.info[KEY] = Declaration(profiles, None if models is None else Path(models))


def declared(metadatas: Iterable[MetaData]) -> Declaration | None:
    """What was declared with any of these; None where nothing was."""
    found: list[Declaration] = [m.info[KEY] for m in metadatas if KEY in m.info]
    if not found:
        return None
    return Declaration(
        tuple(profile for one in found for profile in one.profiles),
        next((one.manifest for one in found if one.manifest is not None), None),
    )


_KNOWN: dict[str, Any] = {
    "name": str,
    "version": int,
    "file": str,
    "sha256": str,
    "sample": str,
    "output": str,
    "engine": str,
    "metrics": dict,
    "note": str,
    "trust": list,
    "types": dict,
    "serve": bool,
}


def read_manifest(path: Path | str) -> dict[tuple[str, int], Release]:
    """Read a manifest: (name, version) → release, in order; its files lie beside it.

    :raises SpecError: no such file, no TOML, an unknown, missing or wrong key, one version twice.
    """
    path = Path(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(
            f"cannot read the manifest {path}: {error.strerror}", "Give the path of a TOML file."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(
            f"{path} is not TOML: {error}", "Write [[model]] with name, version, file and sha256."
        ) from error
    unknown = [key for key in document if key != "model"]
    if unknown or not isinstance(document.get("model", []), list):
        raise SpecError(f'{path}: unknown key "{(unknown or ["model"])[0]}"', "A manifest is a list of [[model]].")
    releases: dict[tuple[str, int], Release] = {}
    for entry in document.get("model", []):
        release = _release(path, entry)
        key = (release.name, release.version or 0)
        if key in releases:
            raise SpecError(
                f"{path} lists {release} twice", "A version never changes: give the next one its own number."
            )
        releases[key] = release
    return dict(sorted(releases.items()))


def _release(path: Path, entry: Mapping[str, Any]) -> Release:
    for key, value in entry.items():
        if key not in _KNOWN:
            raise SpecError(
                f'{path}: [[model]] has an unknown key "{key}"', f"Known are {', '.join(_KNOWN)}.{nearest(key, _KNOWN)}"
            )
        if not isinstance(value, _KNOWN[key]):
            raise SpecError(f'{path}: "{key}" in [[model]] has the wrong type', "Compare with docs/migrations.md.")
    for key in ("name", "version", "file", "sha256"):
        if key not in entry:
            raise SpecError(f'{path}: [[model]] lacks the key "{key}"', f"Add {key} = …")
    files = {"path": path.parent / entry["file"]}
    if "sample" in entry:
        files["sample"] = path.parent / entry["sample"]
    return Release(**files, **{key: value for key, value in entry.items() if key not in ("file", "sample")})
