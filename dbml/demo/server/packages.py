"""The folder from which PL/Python imports scikit-learn and what it needs."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from dbml.demo.server import cache
from dbml.demo.server.account import Account
from dbml.errors import ServerError

# Pinned to what is running here: a model unpickled by another scikit-learn may score differently.
PACKAGES = ("scikit-learn", "joblib", "pandas", "numpy", "scipy", "threadpoolctl", "cryptography")
_MODULES = (
    "sklearn/__init__.py",
    "joblib/__init__.py",
    "pandas/__init__.py",
    "numpy/__init__.py",
    "scipy/__init__.py",
    "threadpoolctl.py",
    "cryptography/__init__.py",
)


def plpython_version(library: Path) -> str | None:
    """Return the Python that plpython3.so is linked with, as ``3.11``; None where that is not to be seen.

    Read from the file: the system's own loader answers only where that Python is in its place.
    """
    linked = re.search(rb"libpython(3\.\d+)", library.read_bytes())
    return linked.group(1).decode() if linked else None


def package_folder(python: str, account: Account, say: Callable[[str], None]) -> Path:
    """Return a folder that `account` can read, with packages for `python` at our own versions.

    Our own site-packages where they fit; else a copy, downloaded once and kept in a cache.
    """
    ours = Path(sysconfig.get_path("purelib"))
    if python == f"{sys.version_info.major}.{sys.version_info.minor}" and _readable(ours, account):
        return ours
    pins = [f"{name}=={metadata.version(name)}" for name in PACKAGES]
    digest = hashlib.sha256("\n".join(pins).encode()).hexdigest()[:12]
    folder = cache.folder() / "server-packages" / f"py{python}-{digest}"
    if not folder.is_dir():
        with cache.installing(say):
            if not folder.is_dir():
                _download(pins, python, folder, say)
    if not _readable(folder, account):
        raise ServerError(
            f"The user {account.name}, as which PostgreSQL runs, cannot read {folder}.",
            f"Make it readable, or remove it and run again: rm -r {folder}",
        )
    return folder


def _readable(folder: Path, account: Account) -> bool:
    """Whether the server's user really gets there: /root, say, lets nobody through.

    Asked with a shell, because that user may not get at our own interpreter either.
    """
    script = 'cd "$1" && shift && for file do test -r "$file" || exit 1; done'
    return account.run(["/bin/sh", "-c", script, "sh", folder, *_MODULES]).returncode == 0


def _download(pins: list[str], python: str, folder: Path, say: Callable[[str], None]) -> None:
    say(f"Fetching scikit-learn and what it needs for PL/Python's Python {python} into {folder} (once) …")
    parent = folder.parent
    parent.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        parent.chmod(0o755)  # whatever the umask made of it
    for left in parent.glob(".py*"):  # by a process that was killed; nobody else downloads now
        shutil.rmtree(left, ignore_errors=True)
    # Complete or absent: built under another name, and renamed at the end.
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=parent) as scratch:
        target = Path(scratch) / "packages"
        options = ["--quiet", "--no-compile", "--only-binary=:all:", "--python-version", python]
        result = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "pip", "install", *options, "--target", str(target), *pins],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            umask=0o022,
            check=False,
        )
        if result.returncode != 0:
            raise ServerError(
                f"pip could not fetch {' '.join(pins)} for PL/Python's Python {python}: "
                + " ".join(result.stdout.strip().splitlines()[-3:]),
                "Name a server that has the packages: --dsn …",
            )
        _compile(target, python, folder)
        target.chmod(0o755)
        target.rename(folder)


def _compile(target: Path, python: str, folder: Path) -> None:
    """Write bytecode: the server's user cannot, and without it a session's first score takes seconds longer.

    Only that same Python can; where its interpreter is not here, nor is the bytecode.
    """
    ours = python == f"{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = sys.executable if ours else shutil.which(f"python{python}")
    if interpreter is None:
        return
    options = ["-q", "-j", "0", "-x", "/tests/", "-s", str(target), "-p", str(folder)]
    subprocess.run(  # noqa: S603
        [interpreter, "-I", "-m", "compileall", *options, str(target)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        umask=0o022,
        check=False,  # a file that does not compile is imported by nobody
    )
