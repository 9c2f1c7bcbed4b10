"""The process that outlives us just long enough to clean up: run as a script, standard library only.

    python -I guardian.py PARENT_PID BINDIR UID GID WITHIN      (UID and GID -1: stay who we are)

It makes the temporary folder inside WITHIN, prints its path, and waits on its standard input, whose other end the
parent holds. A line ``leave`` ends it with everything left standing. Anything else, above all the
end of file that the parent's death brings however it died, stops the server and removes the folder.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def wait_for_word(parent: int) -> str:
    """Return the parent's last word, or an empty string once it is gone."""
    while True:
        if select.select([0], [], [], 1.0)[0]:
            return os.read(0, 64).decode().partition("\n")[0]  # "stop" may have followed "leave"
        # A forked child of the parent may hold the pipe open after the parent's death.
        if os.getppid() != parent:
            return ""


def stop(home: Path, bindir: Path, uid: int | None, gid: int | None) -> None:
    """Stop the server, and an initdb that was interrupted half-way."""
    data = home / "data"
    if (data / "postmaster.pid").exists():
        subprocess.run(  # noqa: S603
            [bindir / "pg_ctl", "-D", data, "-m", "immediate", "-w", "-t", "20", "stop"],
            cwd=home,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    # initdb, its bootstrap children and a server that has written no pid file yet all stand in our
    # folder: without this they would go on writing into it while it is being removed.
    for process in Path("/proc").glob("[0-9]*"):
        try:
            stands, program = (process / "cwd").readlink(), (process / "exe").resolve()
            if stands.is_relative_to(home) and program.parent == bindir.resolve():
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            continue


def main() -> None:
    """Make the folder, wait, clean up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    parent, bindir = int(sys.argv[1]), Path(sys.argv[2])
    uid, gid = (None if number == "-1" else int(number) for number in sys.argv[3:5])
    # Not $TMPDIR: a socket's path has room for about a hundred bytes.
    home = Path(tempfile.mkdtemp(prefix="dbml-", dir=sys.argv[5]))
    if uid is not None and gid is not None:
        os.chown(home, uid, gid)
    try:
        sys.stdout.write(f"{home}\n")
        sys.stdout.flush()
    except BrokenPipeError:  # the parent is gone already
        word = ""
    else:
        word = wait_for_word(parent)
    if word == "leave":
        return
    for _ in range(20):
        stop(home, bindir, uid, gid)
        shutil.rmtree(home, ignore_errors=True)
        if not home.exists():
            return
        time.sleep(0.25)


if __name__ == "__main__":
    main()
