"""PostgreSQL with PL/Python and scikit-learn in a Docker container, for a machine without the binaries."""

from __future__ import annotations

import hashlib
import secrets
import shlex
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psycopg

from dbml.errors import ServerError

_PACKAGES = ("scikit-learn", "joblib", "pandas", "numpy", "cryptography")


@dataclass(frozen=True)
class Container:
    """A running container."""

    dsn: str
    port: int
    stop_command: str
    psql_command: str


@contextmanager
def running(*, say: Callable[[str], None], keep: bool, settings: Mapping[str, str]) -> Iterator[Container]:
    """Run a container for as long as the block lasts; with `keep` it stays after a block that ended well.

    The image stays, as the cache that makes the second time quick. If we are killed, testcontainers'
    own reaper removes the container.
    """
    if shutil.which("docker") is None and not Path("/var/run/docker.sock").exists():
        raise ServerError(
            "Docker is not on this machine.", "Install PostgreSQL with PL/Python, or name a server: --dsn …"
        )
    try:
        from testcontainers.core.config import testcontainers_config
        from testcontainers.core.container import DockerContainer
        from testcontainers.core.image import DockerImage
    except ImportError as error:
        raise ServerError(
            "A server in Docker needs the Python package testcontainers.", "pip install 'dbml[demo]'"
        ) from error

    if keep:
        testcontainers_config.ryuk_disabled = True  # the reaper would remove it when we end
    folder = Path(__file__).parent
    arguments = {name.replace("-", "_").upper(): metadata.version(name) for name in _PACKAGES}
    recipe = (folder / "Dockerfile").read_text() + repr(sorted(arguments.items()))
    tag = f"dbml-server:{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    password = secrets.token_hex(16)
    command = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    say(f"Building the Docker image {tag} (minutes the first time) …")
    with _translated():
        DockerImage(folder, tag=tag, clean_up=False, buildargs=arguments).build()
        container = DockerContainer(tag, command=command, env={"POSTGRES_PASSWORD": password}, ports=[5432])
    kept = False
    try:
        say("Starting the container …")
        with _translated():
            container.start()
            host, port = container.get_container_host_ip(), int(container.get_exposed_port(5432))
            name = container.get_wrapped_container().name
        dsn = f"host={host} port={port} user=postgres dbname=postgres password={password}"
        _wait(dsn, lambda: b"".join(container.get_logs()).decode(errors="replace"))
        yield Container(dsn, port, f"docker rm -f -v {name}", f"docker exec -it {name} psql -U postgres postgres")
        kept = keep
    finally:
        if not kept:
            container.stop()


@contextmanager
def _translated() -> Iterator[None]:
    from docker.errors import DockerException  # type: ignore[import-untyped]

    try:
        yield
    except (DockerException, OSError) as error:
        raise ServerError(f"Docker could not run a server: {error}", "See that it works: docker info") from error


def _wait(dsn: str, logs: Callable[[], str], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(dsn, connect_timeout=3).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                tail = "\n".join(logs().strip().splitlines()[-15:])
                raise ServerError(
                    f"The server in Docker did not answer in {seconds:.0f} s: {str(error).strip()}\n"
                    f"The end of its log:\n{tail}",
                    "Name a server to use instead: --dsn …",
                ) from error
            time.sleep(0.2)
