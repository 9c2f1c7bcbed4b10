"""PostgreSQL with PL/Python from Debian's own packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dbml.errors import ServerError

_SETTINGS = Path("/etc/postgresql-common/createcluster.d/dbml.conf")


def can_install() -> bool:
    """Whether this is Debian or a descendant, and we may install."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def installed_versions() -> list[int]:
    """Return the major versions of Debian's PostgreSQL server packages on this machine, newest first."""
    servers = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return sorted((int(path.parts[-3]) for path in servers if path.parts[-3].isdigit()), reverse=True)


def install(oldest: int, say: Callable[[str], None]) -> None:
    """Install what is missing: the server (if none is `oldest` or newer), then its PL/Python package.

    The server package never creates a cluster: nobody asked for one on port 5432.
    """
    if not any(version >= oldest for version in installed_versions()):
        with _no_main_cluster():
            _apt("postgresql", say)
    versions = [version for version in installed_versions() if version >= oldest]
    if not versions:
        raise ServerError(
            f"This distribution's PostgreSQL is older than {oldest}.",
            "Add the repository of apt.postgresql.org, or name a server: --dsn …",
        )
    _apt(f"postgresql-plpython3-{versions[0]}", say)
    # Of a run that was killed. Not before: its apt-get may have gone on, and we have now waited for it.
    _SETTINGS.unlink(missing_ok=True)


@contextmanager
def _no_main_cluster() -> Iterator[None]:
    _SETTINGS.parent.mkdir(parents=True, exist_ok=True)
    _SETTINGS.write_text("# dbml, while it installs PostgreSQL\ncreate_main_cluster = false\n")
    try:
        yield
    finally:
        _SETTINGS.unlink(missing_ok=True)


def _apt(package: str, say: Callable[[str], None]) -> None:
    install = ["install", "-y", "-q", "--no-install-recommends", package]
    say(f"Installing {package} with apt-get …")
    status, output = _apt_get(install)
    if status != 0:
        say("apt-get does not get it; refreshing its lists …")
        _apt_get(["update", "-q"])
        status, output = _apt_get(install)
    if status != 0:
        raise ServerError(
            f"apt-get could not install {package}: " + " ".join(output.strip().splitlines()[-3:]),
            f"See what it says: apt-get install {package}",
        )


def _apt_get(arguments: list[str]) -> tuple[int, str]:
    apt_get = shutil.which("apt-get") or "apt-get"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603
            [apt_get, "-o", "DPkg::Lock::Timeout=300", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait()
        except KeyboardInterrupt:
            process.wait()  # a dpkg cut off half-way leaves the machine to be repaired by hand
            raise
        output.seek(0)
        return status, output.read().decode(errors="replace")
