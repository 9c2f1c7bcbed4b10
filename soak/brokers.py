"""NATS and RabbitMQ from this machine's programs, on the loopback address alone, gone afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import nats
import pika
from nats.js.api import StreamConfig
from pika.exceptions import AMQPError

from dbml.demo.server.cluster import _free_port

LOOPBACK = "127.0.0.1"


def program(*names: str) -> str:
    """The path of a program.

    :raises RuntimeError: it is not installed.
    """
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError(f"{names[0]} is not on this machine: make test-brokers installs it")
    return found


class Broker(ABC):
    """A broker's process, which can be killed and started again over the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it can be used."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), env=self.environment(), stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 120
        while True:
            try:
                self.look()
                return
            except (OSError, AMQPError, nats.errors.Error, TimeoutError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2000:]) from None
                time.sleep(0.1)

    def kill(self) -> None:
        """``kill -9``: it and all its processes."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    url: str
    prefix: str
    """Of the headers that name an event's attributes, as CloudEvents has it for the broker."""

    @abstractmethod
    def command(self) -> list[str]:
        """What starts it."""

    def environment(self) -> dict[str, str]:
        """Its environment."""
        return dict(os.environ)

    @abstractmethod
    def look(self) -> None:
        """Use it.

        :raises OSError: or an error of its client: it is not there yet.
        """

    @abstractmethod
    def create(self, topic: str) -> None:
        """Make what takes a topic."""

    @abstractmethod
    def put(self, topic: str, contents: Sequence[bytes], headers: dict[str, str] | None = None) -> None:
        """Send messages, as another application would."""

    @abstractmethod
    def read(self, topic: str) -> list[Any]:
        """All events of a topic in their order, and take them."""


class Nats(Broker):
    """nats-server with JetStream."""

    prefix = "ce-"

    @property
    def url(self) -> str:  # type: ignore[override]
        """For the relay."""
        return f"nats://{LOOPBACK}:{self.port}"

    def command(self) -> list[str]:
        """As Debian has it."""
        return [program("nats-server"), "-js", "-a", LOOPBACK, "-p", str(self.port), "-sd", str(self.folder / "data")]

    def _do(self, what: Callable[[Any], Any]) -> Any:
        async def run() -> Any:
            client = await nats.connect(self.url, connect_timeout=5, allow_reconnect=False, max_reconnect_attempts=1)
            try:
                return await what(client.jetstream(timeout=10))
            finally:
                await client.close()

        return asyncio.run(run())

    def look(self) -> None:
        """Ask JetStream."""
        self._do(lambda stream: stream.account_info())

    def create(self, topic: str) -> None:
        """A stream for it."""
        self._do(lambda stream: stream.add_stream(StreamConfig(name=topic.replace(".", "-"), subjects=[topic])))

    def put(self, topic: str, contents: Sequence[bytes], headers: dict[str, str] | None = None) -> None:
        """Publish."""

        async def all_of(stream: Any) -> None:
            for content in contents:
                await stream.publish(topic, content, headers=headers)

        self._do(all_of)

    def read(self, topic: str) -> list[Any]:
        """By a durable consumer."""

        async def all_of(stream: Any) -> list[Any]:
            found: list[Any] = []
            subscription = await stream.pull_subscribe(topic, "view")
            while True:
                try:
                    messages = await subscription.fetch(500, 1)
                except TimeoutError:
                    return found
                found += [json.loads(message.data) for message in messages]
                for message in messages:
                    await message.ack()

        found: list[Any] = self._do(all_of)
        return found


class RabbitMq(Broker):
    """rabbitmq-server, with an Erlang port mapper of its own."""

    prefix = "cloudEvents:"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.distribution, self.mapper = _free_port(), _free_port()
        self.name = f"dbml-{secrets.token_hex(4)}@localhost"

    @property
    def url(self) -> str:  # type: ignore[override]
        """For the relay."""
        return f"amqp://guest:guest@{LOOPBACK}:{self.port}"

    def command(self) -> list[str]:
        """The script itself: the one on the path asks who runs it."""
        return [program("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")]

    def environment(self) -> dict[str, str]:
        """All files in the folder, all ports at the loopback address."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        only = "{127,0,0,1}"
        return {
            **kept,
            "HOME": str(self.folder),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self.mapper),
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {only}",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(self.folder / "none"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
        }

    def kill(self) -> None:
        """And its port mapper, which would stay for ever."""
        super().kill()
        for _ in range(50):
            # It refuses as long as it believes that the server lives.
            said = subprocess.run([program("epmd"), "-kill"], env=self.environment(), capture_output=True, check=False)
            if b"not allowed" not in said.stdout + said.stderr:
                return
            time.sleep(0.1)

    def _do(self, what: Callable[[Any], Any]) -> Any:
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            return what(connection.channel())

    def look(self) -> None:
        """Open a channel."""
        socket.create_connection((LOOPBACK, self.port)).close()  # pika leaves sockets open where nobody listens
        self._do(lambda channel: None)

    def create(self, topic: str) -> None:
        """A durable queue."""
        self._do(lambda channel: channel.queue_declare(topic, durable=True))

    def put(self, topic: str, contents: Sequence[bytes], headers: dict[str, str] | None = None) -> None:
        """Publish to the queue."""

        def all_of(channel: Any) -> None:
            channel.confirm_delivery()
            for content in contents:
                channel.basic_publish("", topic, content, pika.BasicProperties(headers=headers, delivery_mode=2))

        self._do(all_of)

    def read(self, topic: str) -> list[Any]:
        """All that is in the queue."""

        def all_of(channel: Any) -> list[Any]:
            found: list[Any] = []
            while True:
                method, _, content = channel.basic_get(topic, auto_ack=True)
                if method is None:
                    return found
                found.append(json.loads(content))

        found: list[Any] = self._do(all_of)
        return found


KINDS: dict[str, type[Broker]] = {"nats": Nats, "rabbitmq": RabbitMq}


@contextmanager
def running(kind: str) -> Iterator[Broker]:
    """A broker for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix=f"dbml-{kind}-", dir="/tmp"))
    broker = KINDS[kind](folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()
        shutil.rmtree(folder, ignore_errors=True)
