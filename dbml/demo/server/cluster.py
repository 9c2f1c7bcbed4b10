"""A private PostgreSQL server from the binaries on this machine, gone afterwards however we end."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbml.demo.server import guardian
from dbml.demo.server.account import Account
from dbml.errors import ServerError

OLDEST = 14

# Nothing in a throwaway server is worth an fsync.
_DEFAULTS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "lc_messages": "C",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "listen_addresses": "127.0.0.1",
}


@dataclass(frozen=True)
class Binaries:
    """One installation of PostgreSQL."""

    bindir: Path
    version: int
    plpython: Path | None  # its plpython3.so, where it has one


@dataclass(frozen=True)
class Cluster:
    """A running private server."""

    home: Path
    port: int
    password: str
    stop_command: str
    psql_command: str

    @property
    def socket_dir(self) -> Path:
        """The folder of its socket, closed to everybody else."""
        return self.home / "socket"

    @property
    def dsn(self) -> str:
        """Its superuser, through the socket."""
        return f"host={self.socket_dir} port={self.port} user=postgres dbname=postgres"

    @property
    def tcp_dsn(self) -> str:
        """Its superuser, over TCP with the password."""
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres password={self.password}"


def find_binaries() -> list[Binaries]:
    """Return the installations new enough for dbml, those with PL/Python first, then the newest."""
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    for program in ("postgres", "initdb"):
        if found := shutil.which(program):
            folders.append(Path(found).resolve().parent)
    if (pg_config := shutil.which("pg_config")) and (bindir := _output(pg_config, "--bindir")):
        folders.append(Path(bindir))
    binaries = [_look(folder) for folder in dict.fromkeys(folder.resolve() for folder in folders)]
    return sorted(
        (each for each in binaries if each is not None and each.version >= OLDEST),
        key=lambda each: (each.plpython is not None, each.version),
        reverse=True,
    )


def _look(bindir: Path) -> Binaries | None:
    if not all((bindir / program).is_file() for program in ("postgres", "initdb", "pg_ctl")):
        return None
    version = re.search(r"\) (\d+)", _output(str(bindir / "postgres"), "--version"))
    if version is None:
        return None
    told = _output(str(bindir / "pg_config"), "--pkglibdir") if (bindir / "pg_config").exists() else ""
    libraries = [Path(told)] if told else [bindir.parent / "lib", bindir.parent / "lib/postgresql"]
    plpython = next((each / "plpython3.so" for each in libraries if (each / "plpython3.so").exists()), None)
    return Binaries(bindir, int(version.group(1)), plpython)


def _output(*argv: str) -> str:
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    except OSError:
        return ""


@contextmanager
def running(
    binaries: Binaries,
    account: Account,
    packages: Path | None,
    *,
    say: Callable[[str], None],
    keep: bool,
    settings: Mapping[str, str],
    within: Path,
) -> Iterator[Cluster]:
    """Run a private server for as long as the block lasts; `keep` leaves it after a good end.

    The guardian process is the only one to clean up: it stops the server and removes the folder
    when it is told to, and when our end of its pipe closes because we were killed.
    """
    with _guarded(binaries, account, within) as (process, home):
        say(f"Starting a private PostgreSQL {binaries.version} in {home} …")
        cluster = _start(home, binaries, account, packages, settings)
        yield cluster
        if keep and process.stdin is not None:
            process.stdin.write("leave\n")
            process.stdin.flush()


@contextmanager
def _guarded(binaries: Binaries, account: Account, within: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    ids = [str(-1 if number is None else number) for number in (account.uid, account.gid)]
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", "-S", guardian.__file__, str(os.getpid()), str(binaries.bindir), *ids, str(within)],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        home = process.stdout.readline().strip()
        if not home:
            raise ServerError(f"No folder could be made in {within} for a private server.", f"Look at: df {within}")
        yield process, Path(home)
    finally:
        # A line, not only the end of the file: a child that we forked may hold the pipe as well.
        # After "leave" the guardian reads nothing more, and may be gone.
        try:
            process.stdin.write("stop\n")
            process.stdin.close()
        except BrokenPipeError:
            pass
        process.stdout.close()
        process.wait()


def _start(
    home: Path, binaries: Binaries, account: Account, packages: Path | None, settings: Mapping[str, str]
) -> Cluster:
    data, sockets, log, pwfile = (home / name for name in ("data", "socket", "log", "password"))
    password = secrets.token_hex(16)
    variables = server_environment(home, packages)
    pwfile.touch(mode=0o600)
    pwfile.write_text(password)
    sockets.mkdir(mode=0o700)
    if account.uid is not None and account.gid is not None:
        for path in (pwfile, sockets):
            os.chown(path, account.uid, account.gid)

    made = account.run(
        [
            binaries.bindir / "initdb",
            f"--pgdata={data}",
            "--username=postgres",
            f"--pwfile={pwfile}",
            "--auth-local=trust",  # the folder of the socket is closed to others
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        cwd=home,
        env=variables,
    )
    pwfile.unlink()
    if made.returncode != 0:
        raise ServerError(
            f"initdb could not create a private server in {data}: {_tail(made.stdout)}",
            "Name a server to use instead: --dsn …",
        )
    lines = {**_DEFAULTS, "unix_socket_directories": str(sockets), **settings}
    with (data / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = {_quoted(value)}\n" for name, value in lines.items())

    text = ""
    for _ in range(5):  # between our look at a port and the server's, somebody may take it
        port = _free_port()
        log.unlink(missing_ok=True)
        arguments = ["-D", str(data), "-l", str(log), "-w", "-t", "60", "-o", f"-p {port}"]
        started = account.run([binaries.bindir / "pg_ctl", *arguments, "start"], cwd=home, env=variables)
        if started.returncode == 0:
            return Cluster(home, port, password, _stop_command(home, binaries, account), _psql(sockets, port, binaries))
        text = log.read_text(errors="replace") if log.exists() else started.stdout
        if not re.search(r"could not bind|could not create any TCP/IP sockets|already in use", text):
            break
    raise ServerError(
        f"The private PostgreSQL {binaries.version} did not start; the end of its log:\n{_tail(text)}",
        "Name a server to use instead: --dsn …",
    )


def server_environment(home: Path, packages: Path | None) -> dict[str, str]:
    """Return the server's environment, from nothing: our own PG… and PYTHON… variables are not for it."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {
        **kept,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        **({} if packages is None else {"PYTHONPATH": str(packages)}),
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Each backend would start a thread per core, for rows that come one at a time.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-15:])


def _stop_command(home: Path, binaries: Binaries, account: Account) -> str:
    pg_ctl = shlex.join([str(binaries.bindir / "pg_ctl"), "-D", str(home / "data"), "-m", "fast", "stop"])
    become = "" if account.uid is None else f"runuser -u {account.name} -- "
    # From /, because the server's user may not stand where root does.
    return f"(cd / && {become}{pg_ctl}; rm -rf {shlex.quote(str(home))})"


def _psql(sockets: Path, port: int, binaries: Binaries) -> str:
    program = "psql" if shutil.which("psql") else str(binaries.bindir / "psql")
    return shlex.join([program, "-h", str(sockets), "-p", str(port), "-U", "postgres", "postgres"])
