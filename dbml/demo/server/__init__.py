"""A PostgreSQL server when none is given: the machine's own binaries, Debian's packages, or Docker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dbml.demo.server import cache, cluster, container, debian, packages
from dbml.demo.server.account import Account, server_account
from dbml.errors import ServerError

__all__ = ["Server", "temporary_server"]


@dataclass(frozen=True)
class Server:
    """A server to work on."""

    dsn: str
    """Its superuser in the database ``postgres`` (for a given server: whatever was given)."""
    origin: Literal["given", "local", "docker"]
    socket_dir: Path | None = None
    port: int | None = None
    tcp_dsn: str | None = None
    """The same over TCP with a password, where there is a socket too."""
    python_packages: Path | None = None
    """The folder with packages for PL/Python; None where the server has its own."""
    stop_command: str | None = None
    """The shell command that stops and removes a server that was kept."""
    psql_command: str | None = None
    folder: Path | None = None
    """A private server's own folder: what is put there is gone with it."""


@contextmanager
def temporary_server(
    dsn: str | None = None,
    *,
    say: Callable[[str], None] = print,
    keep: bool = False,
    settings: Mapping[str, str] | None = None,
    packages_on_path: bool = True,
    within: Path = Path("/tmp"),  # noqa: S108
) -> Iterator[Server]:
    """Yield a server that is gone afterwards, even when this process is killed.

    :param dsn: a server to use as it is instead; it is never stopped, and `settings` do not reach it.
    :param say: is told in one sentence each what is being done.
    :param keep: leave the server running after a block that ended well; see ``stop_command``.
    :param settings: configuration parameters, over the defaults of a throwaway server.
    :param packages_on_path: whether PL/Python finds ``python_packages`` by itself. Without, a private server is one
        without packages, until ``dbml install --python-path`` names them.
    :param within: where a private server makes its folder, whose name must be short, as sockets are in it.
    """
    if dsn is not None:
        yield Server(dsn, "given")
        return
    try:
        found = _local(say)
    except ServerError as reason:
        say(f"No PostgreSQL on this machine to use ({reason}); trying Docker …")
        with _docker(reason, say, keep, settings or {}) as server:
            yield server
        return
    binaries, account, folder = found
    path = folder if packages_on_path else None
    with cluster.running(
        binaries, account, path, say=say, keep=keep, settings=settings or {}, within=within
    ) as private:
        yield Server(
            private.dsn,
            "local",
            private.socket_dir,
            private.port,
            private.tcp_dsn,
            folder,
            private.stop_command,
            private.psql_command,
            private.home,
        )


def _local(say: Callable[[str], None]) -> tuple[cluster.Binaries, Account, Path]:
    """Find or install binaries with PL/Python, and the packages for it; a ServerError says why not."""
    found = cluster.find_binaries()
    if not any(each.plpython for each in found) and debian.can_install():
        with cache.installing(say):
            found = cluster.find_binaries()
            if not any(each.plpython for each in found):
                debian.install(cluster.OLDEST, say)
                found = cluster.find_binaries()
    if not found or found[0].plpython is None:
        what = "has no PL/Python" if found else f"{cluster.OLDEST} or newer is not here"
        raise ServerError(
            f"PostgreSQL {what}.",
            "As root: apt-get install postgresql "
            + (f"postgresql-plpython3-{found[0].version}" if found else "postgresql-plpython3-15"),
        )
    account = server_account()
    python = packages.plpython_version(found[0].plpython)
    if python is None:
        raise ServerError(
            f"The Python that {found[0].plpython} is linked with is not to be found.",
            f"Look at: ldd {found[0].plpython}",
        )
    return found[0], account, packages.package_folder(python, account, say)


@contextmanager
def _docker(
    reason: ServerError, say: Callable[[str], None], keep: bool, settings: Mapping[str, str]
) -> Iterator[Server]:
    started = False
    try:
        with container.running(say=say, keep=keep, settings=settings) as docker:
            started = True
            yield Server(
                docker.dsn,
                "docker",
                port=docker.port,
                stop_command=docker.stop_command,
                psql_command=docker.psql_command,
            )
    except ServerError as error:
        if started:  # the caller's own
            raise
        raise ServerError(
            f"There is no PostgreSQL server to use. {reason.message} {error.message}",
            f"{reason.hint} — or: {error.hint}",
        ) from reason
