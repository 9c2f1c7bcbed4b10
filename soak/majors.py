"""Two majors of PostgreSQL with PL/Python: on this machine, or in a Debian in a folder of its own (two_majors.sh)."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbml.demo.server import cache, packages
from dbml.demo.server.account import Account

FOLDER = "two-majors"


@dataclass(frozen=True)
class Major:
    """One installation; ``bindir`` is its path as its own programs see it."""

    version: int
    bindir: Path
    python: str


@dataclass(frozen=True)
class Place:
    """Where two majors are: ``root`` is / or the folder with a Debian of its own."""

    root: Path
    old: Major
    new: Major

    @contextmanager
    def home(self) -> Iterator[Path]:
        """Yield a folder that the servers' user owns, as it is seen from outside."""
        # Short: a socket's path has room for about a hundred bytes.
        folder = Path(tempfile.mkdtemp(prefix="dbml-", dir=self.root / "tmp"))
        try:
            if os.geteuid() == 0:
                os.chown(folder, *self._postgres())
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def inside(self, path: Path) -> Path:
        """A path as the servers see it."""
        return Path("/") / path.relative_to(self.root)

    def run(self, folder: Path, program: Path, *arguments: str | Path) -> None:
        """Run a program as the servers' user, in a folder.

        :raises RuntimeError: it failed; with what it said last.
        """
        words = ["sh", "-c", 'cd "$0" && exec "$@"', self.inside(folder), program, *arguments]
        if os.geteuid() == 0:
            words = ["chroot", "--userspec={}:{}".format(*self._postgres()), "--groups=", self.root, *words]
        done = subprocess.run(
            [str(word) for word in words],
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "LC_ALL": "C.UTF-8",
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program.name} of {program.parents[1].name}: {done.stdout.strip()[-1500:]}")

    def packages(self, major: Major, folder: Path, say: Callable[[str], None]) -> Path:
        """Put what scikit-learn needs for a major's Python below a folder; returns it as the servers see it."""
        target = folder / f"packages-{major.python}"
        shutil.copytree(packages.package_folder(major.python, Account("root"), say), target, symlinks=True)
        return self.inside(target)

    def _postgres(self) -> tuple[int, int]:
        if self.root == Path("/"):
            entry = pwd.getpwnam("postgres")
            return entry.pw_uid, entry.pw_gid
        # The Debian in the folder has numbers of its own.
        found = re.search(r"^postgres:[^:]*:(\d+):(\d+):", (self.root / "etc/passwd").read_text(), re.MULTILINE)
        if found is None:
            raise RuntimeError(f"{self.root} has no user postgres")
        return int(found.group(1)), int(found.group(2))


def find() -> Place | None:
    """Return the oldest and the newest major that are at hand in one place."""
    for root in (Path("/"), cache.folder() / FOLDER):
        found = [major for folder in root.glob("usr/lib/postgresql/*") if (major := _look(root, folder))]
        found.sort(key=lambda major: major.version)
        if len(found) > 1:
            return Place(root, found[0], found[-1])
    return None


def _look(root: Path, folder: Path) -> Major | None:
    library = folder / "lib/plpython3.so"
    if not (folder / "bin/pg_upgrade").exists() or not library.exists():
        return None
    linked = re.search(rb"libpython(3\.\d+)", library.read_bytes())
    if linked is None:
        return None
    return Major(int(folder.name), Path("/") / (folder / "bin").relative_to(root), linked.group(1).decode())
