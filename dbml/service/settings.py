"""What an operator says of the service; its processes get it by their environment."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

VARIABLE = "DBML_SERVE"


@dataclass(frozen=True)
class Settings:
    """How to serve.

    :param dsn: else libpq's own environment.
    :param tokens: the file of tokens; None: everybody is the role that the service logs in as.
    :param connections: to the database, a process.
    :param body: bytes of a request's body, at most.
    :param rows: of a request, at most.
    :param timeout: seconds that a request may take.
    :param host: the address to listen at.
    :param grpc_port: for gRPC; None: there is none.
    :param traces_to: the collector that spans of requests go to; None: none are sent.
    :param secret: seals the forms of the operator's page; the processes share it.
    """

    dsn: str | None = None
    tokens: str | None = None
    connections: int = 4
    body: int = 16 * 1024 * 1024
    rows: int = 10_000
    timeout: float = 10.0
    host: str = "127.0.0.1"
    grpc_port: int | None = None
    traces_to: str | None = None
    secret: str = field(default_factory=lambda: secrets.token_hex(32))

    def to_environment(self) -> None:
        """Leave it to the processes that will be started."""
        os.environ[VARIABLE] = msgspec.json.encode(self).decode()

    @property
    def token_file(self) -> Path | None:
        """Where the tokens are."""
        return Path(self.tokens) if self.tokens else None


def from_environment() -> Settings:
    """Read what :meth:`Settings.to_environment` left."""
    settings: Settings = msgspec.json.decode(os.environ[VARIABLE], type=Settings)
    return settings
