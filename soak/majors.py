"""Two majors of PostgreSQL with PL/Python: on this machine, or in a Debian that ``make test-matrix`` has fetched."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbml.demo.server import packages
from dbml.demo.server.account import server_account
from dbml.demo.server.cluster import server_environment
from matrix.debian import DEBIANS, Debian


@dataclass(frozen=True)
class Major:
    """One installation; ``bindir`` is its path as its own programs see it."""

    version: int
    bindir: Path
    python: str


@dataclass(frozen=True)
class Place:
    """Where two majors are: in a Debian of its own, or on this machine (None)."""

    debian: Debian | None
    old: Major
    new: Major

    @contextmanager
    def home(self) -> Iterator[Path]:
        """Yield a folder that the servers' user owns."""
        # Short: a socket's path has room for about a hundred bytes.
        folder, account = Path(tempfile.mkdtemp(prefix="dbml-", dir="/tmp")), server_account()
        try:
            if account.uid is not None and account.gid is not None:
                os.chown(folder, account.uid, account.gid)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, folder: Path, *command: str | Path) -> None:
        """Run a program as the servers' user, in a folder.

        :raises RuntimeError: it failed; with what it said last.
        """
        words = command if self.debian is None else self.debian.inside(*command)
        done = server_account().run(words, cwd=folder, env=server_environment(folder, None))
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stdout.strip()[-1500:]}")


def package_folder(major: Major, say: Callable[[str], None]) -> Path:
    """Return the folder with what scikit-learn needs for a major's Python."""
    return packages.package_folder(major.python, server_account(), say)


def find() -> Place | None:
    """Return the oldest and the newest major that are at hand in one place, in the place that has the newest."""
    for debian in (None, *reversed(DEBIANS)):
        root = Path("/") if debian is None else debian.folder
        found = [major for folder in root.glob("usr/lib/postgresql/*") if (major := _look(root, folder))]
        found.sort(key=lambda major: major.version)
        if len(found) > 1:
            return Place(debian, found[0], found[-1])
    return None


def _look(root: Path, folder: Path) -> Major | None:
    library = folder / "lib/plpython3.so"
    if not (folder / "bin/pg_upgrade").exists() or not library.exists():
        return None
    python = packages.plpython_version(library)
    return None if python is None else Major(int(folder.name), Path("/") / (folder / "bin").relative_to(root), python)
