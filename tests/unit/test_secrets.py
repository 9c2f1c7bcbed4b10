"""What is secret in an address or a file reaches nobody else."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

import pytest

from dbml.errors import DeliveryError, TokenFileError
from dbml.observing.channels import Message, channel
from dbml.service.tokens import Tokens, add
from dbml.work.sinks.event import Event, shown
from dbml.work.sinks.nats import Nats

EVENT = Event(1, uuid4(), "t", "1", "{}")
MESSAGE = Message(1, "opened", "churn", "drift of a\nBcc: x", "says", datetime.now(UTC), None, "shop")


class Redirecting(BaseHTTPRequestHandler):
    """Sends everybody elsewhere, and remembers who came."""

    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.asked.append((self.path, self.headers["authorization"]))
        self.send_response(302)
        self.send_header("location", f"http://localhost:{self.server.server_port}/elsewhere")  # type: ignore[attr-defined]
        self.end_headers()

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["authorization"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    Redirecting.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_webhook_that_redirects_takes_the_password_nowhere(port: int) -> None:
    hook = channel(f"http://user:secret@127.0.0.1:{port}/hook")
    with pytest.raises(OSError, match="302"):
        hook.tell(MESSAGE)
    assert [path for path, _ in Redirecting.asked] == ["/hook"]


def test_a_place_is_called_by_its_host_alone() -> None:
    one, other = channel("https://u:p@hooks.example/T0/secret?k=1"), channel("https://hooks.example/T0/another")
    assert one.place.startswith("https://hooks.example#") and one.place != other.place
    assert channel("https://hooks.example/").place == channel("https://hooks.example").place == "https://hooks.example"


def test_what_a_broker_s_failure_says_has_no_password() -> None:
    assert shown("kafka://u:p@one:9092,two:9092?sasl.password=p") == "kafka://one:9092,two:9092"
    with pytest.raises(DeliveryError, match="nats://127.0.0.1:1 ") as caught:
        list(Nats("nats://user:secret@127.0.0.1:1").send([EVENT]))
    assert "secret" not in str(caught.value)


def test_a_feature_s_name_begins_no_header_of_a_mail() -> None:
    assert MESSAGE.subject == "[dbml shop] churn: drift of a Bcc: x"


def test_a_file_of_tokens_is_the_service_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "tokens"
    add(file, "analyst")
    assert Tokens(file)
    if os.geteuid() == 0:
        os.chown(file, 65534, 65534)
    else:
        monkeypatch.setattr("os.geteuid", lambda: 1)
    with pytest.raises(TokenFileError, match="belongs to another user"):
        Tokens(file)
