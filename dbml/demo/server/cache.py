"""The folder that keeps downloads, and the lock of whoever installs."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dbml.errors import ServerError


def folder() -> Path:
    """Return dbml's cache: the server's user can read root's, which is therefore not below /root."""
    if os.geteuid() == 0:
        return Path("/var/cache/dbml")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dbml"


@contextmanager
def installing(say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of whoever installs or downloads: parallel test processes all find the same things missing.

    Look again at what is missing once inside. The lock is gone with its process, however that ended.
    """
    lock = folder() / "lock"
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            lock.parent.chmod(0o755)  # for the server's user, whatever the umask made of it
        file = lock.open("a")
    except OSError as error:
        raise ServerError(f"{lock.parent} cannot be written: {error.strerror}.", "Set XDG_CACHE_HOME.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another process that is installing …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
