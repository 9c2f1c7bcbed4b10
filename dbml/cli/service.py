"""Commands of the web service: serve, and its tokens."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from dbml import errors
from dbml.cli.parameters import FilePath, NumberRange
from dbml.cli.shared import dsn_option

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command("serve")
@dsn_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535), help="For REST.")
@click.option("--grpc-port", type=click.IntRange(1, 65535), help="For gRPC; else there is none.")
@click.option("--processes", default=1, show_default=True, type=click.IntRange(min=1), help="That serve at once.")
@click.option("--tokens", type=FilePath(), metavar="FILE", help="Who may ask, as which role.")
@click.option(
    "--connections", default=4, show_default=True, type=click.IntRange(min=1), help="To the database, a process."
)
@click.option("--max-body", default=16, show_default=True, type=click.IntRange(min=1), metavar="MB", help="A request.")
@click.option("--max-rows", default=10_000, show_default=True, type=click.IntRange(min=1), help="A request.")
@click.option(
    "--timeout", default=10.0, show_default=True, type=NumberRange(min=0.1), metavar="SECONDS", help="A request."
)
@click.option(
    "--traces-to",
    envvar="DBML_TRACES_TO",
    metavar="URL",
    help="Send spans of requests: http://HOST:4318 or grpc://HOST:4317.",
)
def serve_command(
    dsn: str | None,
    host: str,
    port: int,
    grpc_port: int | None,
    processes: int,
    tokens: Path | None,
    connections: int,
    max_body: int,
    max_rows: int,
    timeout: float,
    traces_to: str | None,
) -> None:
    """Serve scores over HTTP, by the Open Inference Protocol.

    Without --tokens, whoever reaches the port scores as the role of --dsn; so it then listens at the loopback address
    alone. SIGTERM or Ctrl-C stops it after it has answered what has begun.
    """
    if tokens is None and host not in LOOPBACK:
        raise errors.TokenFileError(
            f"{host} can be reached from outside, and without tokens whoever reaches it may score",
            "Give --tokens FILE; dbml token new ROLE --file FILE writes one.",
        )
    try:
        from dbml.service.server import serve

        if grpc_port is not None:
            import grpc  # noqa: F401
    except ImportError as error:
        extra = "grpc" if error.name == "grpc" else "service"
        raise errors.ServerError(f"the web service needs {error.name}", f"pip install 'dbml[{extra}]'") from error
    from dbml.service.settings import Settings
    from dbml.service.tokens import Tokens

    if traces_to is not None:
        from dbml.observing.traces import exporter

        exporter(traces_to)  # the same
    if tokens is not None:
        Tokens(tokens)  # says what is wrong before anything starts
    chosen = (dsn or os.environ.get("DBML_DSN", "")).replace("postgresql+psycopg://", "postgresql://", 1)
    settings = Settings(
        dsn=chosen or None,
        tokens=str(tokens.absolute()) if tokens else None,
        connections=connections,
        body=max_body * 2**20,
        rows=max_rows,
        timeout=timeout,
        host=host,
        grpc_port=grpc_port,
        traces_to=traces_to,
    )
    click.echo(f"dbml serves at http://{host}:{port}; /docs says what can be asked.", err=True)
    serve(settings, port, processes)


@click.group("token")
def token_group() -> None:
    """Say who may ask the web service, as which role of the database."""


@token_group.command("new")
@click.argument("role")
@click.option("--file", type=FilePath(), required=True, help="That dbml serve --tokens reads.")
@click.option("--days", type=NumberRange(min=0), help="How long it holds; else for ever.")
def token_new_command(role: str, file: Path, days: float | None) -> None:
    """Make a token for a role, and print it once.

    The file keeps its hash. To revoke a token, delete its line; the service sees that at the next request.
    """
    from dbml.service.tokens import add

    click.echo(add(file, role, None if days is None else datetime.now(UTC) + timedelta(days=days)))
