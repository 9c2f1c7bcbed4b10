"""Other Debians, each in a folder of the cache, for their PostgreSQL and their Python."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dbml.demo.server import cache
from dbml.errors import ServerError

_SCRIPT = Path(__file__).with_name("debian.sh")
_ENTER = Path(__file__).with_name("enter.sh")


@dataclass(frozen=True)
class Debian:
    """A suite of Debian and the major version of the PostgreSQL that it carries."""

    suite: str
    major: int

    @property
    def folder(self) -> Path:
        """Where it is, once it has been fetched."""
        return cache.folder() / "debian" / self.suite

    def fetch(self, say: Callable[[str], None]) -> None:
        """Put it into its folder, unless it is there.

        :raises ServerError: that failed; with what was said last.
        """
        if self.folder.is_dir():
            return
        with cache.installing(say):
            if self.folder.is_dir():
                return
            say(f"Fetching Debian {self.suite} with PostgreSQL {self.major} into {self.folder} (once, some minutes) …")
            fetched = subprocess.run(
                ["sh", _SCRIPT, self.suite, str(self.major), self.folder],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                umask=0o022,
                check=False,
            )
        if fetched.returncode != 0:
            raise ServerError(
                f"Debian {self.suite} could not be put into {self.folder}: "
                + " ".join(fetched.stdout.strip().splitlines()[-3:]),
                f"As root, and see what it says: sh {_SCRIPT} {self.suite} {self.major} {self.folder}",
            )

    def inside(self, *command: str | Path) -> list[str | Path]:
        """Return the command that runs a command in this Debian, as whoever calls it."""
        # The text and not the file, which another user may not be able to read.
        return ["sh", "-c", _ENTER.read_text(), "enter", self.folder, *command]


DEBIANS = (Debian("bookworm", 15), Debian("trixie", 17), Debian("forky", 18))
