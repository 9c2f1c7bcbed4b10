"""Where alerts are told: a webhook, an Alertmanager, a mail server, a command of the shell."""

from __future__ import annotations

import hashlib
import json
import shlex
import smtplib
import subprocess
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit, urlunsplit

from dbml import errors

# Seconds after which a place that does not answer is given up until the next time.
PATIENCE = 10
FORMS = (
    "https://HOST/PATH (a webhook), alertmanager+http://HOST:9093, smtp://USER:PASSWORD@HOST:PORT?to=ADDRESS "
    "(smtps:// for TLS), or exec:COMMAND"
)


class ChannelFailed(Exception):
    """A place could not be told; it is tried again."""


@dataclass(frozen=True)
class Message:
    """What is told of an alert.

    :param event: ``opened`` or ``closed``.
    :param database: in which it is.
    """

    id: int
    event: str
    model: str | None
    cause: str
    says: str
    opened_at: datetime
    closed_at: datetime | None
    database: str

    @property
    def subject(self) -> str:
        """In a line."""
        about = f"{self.model}: " if self.model else ""
        words = f"[dbml {self.database}] {'over: ' if self.event == 'closed' else ''}{about}{self.cause}"
        return " ".join(words.split())  # no name of a feature begins another header

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            **vars(self),
            "opened_at": self.opened_at.isoformat(),
            "closed_at": self.closed_at and self.closed_at.isoformat(),
        }


@dataclass(frozen=True)
class Channel:
    """A place to tell.

    :param place: its address without what is secret, by which the database knows what it was told.
    :param tell: raises :class:`ChannelFailed` or OSError where that does not succeed.
    """

    place: str
    tell: Callable[[Message], None]


def channel(address: str) -> Channel:
    """Read an address; :data:`FORMS` says what there is.

    :raises SpecError: it is none of these.
    """
    url = urlsplit(address)
    if url.scheme == "exec" and address.removeprefix("exec:").strip():
        command = shlex.split(address.removeprefix("exec:"))
        return Channel(f"exec:{command[0]}", lambda message: _run(command, message))
    if url.scheme in ("http", "https") and url.hostname:
        return Channel(_shown(url), lambda message: _post(address, message.plain()))
    if url.scheme in ("alertmanager+http", "alertmanager+https") and url.hostname:
        target = address.removeprefix("alertmanager+").rstrip("/") + "/api/v2/alerts"
        return Channel(_shown(url), lambda message: _post(target, [_alertmanager(message)]))
    to = parse_qs(url.query).get("to", [])
    if url.scheme in ("smtp", "smtps") and url.hostname and to:
        return Channel(f"{_shown(url)}?to={','.join(to)}", lambda message: _mail(url, to, message))
    raise errors.SpecError(f'"{_shown(url)}" is no place that alerts can be told', f"Places: {FORMS}.")


def _shown(url: SplitResult) -> str:
    """An address without what may be secret, which a webhook's path often is; another path is another place."""
    host = f"{url.hostname or ''}{f':{url.port}' if url.port else ''}"
    path = url.path.rstrip("/")
    mark = hashlib.sha256(path.encode()).hexdigest()[:8] if path else ""
    return urlunsplit((url.scheme, host, "", "", mark))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: the next host would be sent this one's password, and would hear what it need not."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""


_opener = urllib.request.build_opener(_NoRedirect)


def _post(address: str, content: Any) -> None:
    url = urlsplit(address)
    headers = {"Content-Type": "application/json", "User-Agent": "dbml"}
    if url.username:
        secret = f"{unquote(url.username)}:{unquote(url.password or '')}"
        headers["Authorization"] = f"Basic {b64encode(secret.encode()).decode()}"
        address = urlunsplit(url._replace(netloc=url.netloc.rpartition("@")[2]))
    # channel() takes http and https alone.
    request = urllib.request.Request(address, json.dumps(content).encode(), headers)  # noqa: S310
    try:
        with _opener.open(request, timeout=PATIENCE):
            pass
    except urllib.error.HTTPError as error:
        # What is not 2xx, or a redirect. It is an answer as well, with the connection that it came by.
        error.close()
        raise


def _alertmanager(message: Message) -> dict[str, Any]:
    labels = {"alertname": "dbml", "severity": "warning", "cause": message.cause, "database": message.database}
    if message.model:
        labels["model"] = message.model
    alert: dict[str, Any] = {
        "labels": labels,
        "annotations": {"summary": message.subject, "description": message.says},
        "startsAt": message.opened_at.isoformat(),
    }
    return alert | ({"endsAt": message.closed_at.isoformat()} if message.closed_at else {})


def _mail(url: SplitResult, to: list[str], message: Message) -> None:
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = parse_qs(url.query).get("from", [f"dbml@{url.hostname}"])[0]
    mail["To"] = ", ".join(to)
    mail.set_content(f"{message.says}.\n\nOpened {message.opened_at:%Y-%m-%d %H:%M %Z}; alert {message.id}.\n")
    kind = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(url.hostname or "", url.port or 0, timeout=PATIENCE) as server:
            if url.username:
                if url.scheme == "smtp":
                    server.starttls()  # a password never goes in the clear
                server.login(unquote(url.username), unquote(url.password or ""))
            server.send_message(mail)
    except smtplib.SMTPException as error:
        raise ChannelFailed(str(error)) from error


def _run(command: list[str], message: Message) -> None:
    """The message stands on standard input as JSON; no shell reads it."""
    try:
        done = subprocess.run(  # noqa: S603 the operator's own command
            command, input=json.dumps(message.plain()), capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ChannelFailed(f"{command[0]} took longer than {PATIENCE} seconds") from error
    if done.returncode:
        raise ChannelFailed(f"{command[0]} exited with {done.returncode}: {done.stderr.strip()[-200:]}")
