"""The operating system's user that a private server runs as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dbml.errors import ServerError


@dataclass(frozen=True)
class Account:
    """Whom to become; ``uid`` and ``gid`` are None where we stay who we are."""

    name: str
    uid: int | None = None
    gid: int | None = None

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        cwd: Path = Path("/"),
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this user and wait; stdout and stderr come back as one text.

        In a session of its own, so that a Ctrl-C on the terminal reaches us and not PostgreSQL.
        """
        return subprocess.run(  # noqa: S603
            [str(word) for word in argv],
            cwd=cwd,
            env=env,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )


def server_account() -> Account:
    """Ourselves; for root the user ``postgres`` where there is one, else ``nobody``."""
    if os.geteuid() != 0:
        try:
            return Account(pwd.getpwuid(os.geteuid()).pw_name)
        except KeyError:  # a container run with a bare number for its user
            return Account(str(os.geteuid()))
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise ServerError(
        "PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as.",
        "Create one: useradd --system postgres",
    )
