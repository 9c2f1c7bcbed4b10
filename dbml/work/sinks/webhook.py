"""Events to a URL, a POST each, signed as Standard Webhooks has it.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hmac
import os
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from dbml import errors
from dbml.work.sinks.event import CONTENT_TYPE, Event, shown

VARIABLE = "DBML_WEBHOOK_SECRET"
PREFIX = "whsec_"
TIMEOUT = 30.0


class Webhook:
    """Posts each event, and takes every answer but 2xx for a failure."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._secret = _secret()
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def send(self, events: Sequence[Event]) -> Iterator[Event]:
        """Post the events, one after the other."""
        for event in events:
            try:
                self._connection.request("POST", self._path, event.body, self._headers(event))
                answer = self._connection.getresponse()
                said = answer.read(200)
                answer.close()
            except (OSError, HTTPException) as error:
                self._connection.close()
                raise errors.DeliveryError(
                    f"{shown(self._url)} does not take event {event.event_id}: {error}", "It is sent again."
                ) from error
            if not 200 <= answer.status < 300:
                self._connection.close()
                words = said.decode(errors="replace")
                raise errors.DeliveryError(
                    f"{shown(self._url)} answers {answer.status} to event {event.event_id}: {words}",
                    "It is sent again, and what comes after it waits.",
                )
            yield event

    def _headers(self, event: Event) -> dict[str, str]:
        name, now = str(event.event_id), str(int(time.time()))
        signed = f"{name}.{now}.".encode() + event.body
        signature = base64.b64encode(hmac.digest(self._secret, signed, "sha256")).decode()
        return {
            "Content-Type": CONTENT_TYPE,
            "webhook-id": name,
            "webhook-timestamp": now,
            "webhook-signature": f"v1,{signature}",
        }

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()


def _secret() -> bytes:
    given = os.environ.get(VARIABLE, "")
    try:
        secret = base64.b64decode(given.removeprefix(PREFIX), validate=True)
    except ValueError:
        secret = b""
    if len(secret) < 24:
        raise errors.DeliveryError(
            "a webhook needs a secret of at least 24 bytes, by which who hears it knows whose events they are",
            f'Set {VARIABLE}: echo "{PREFIX}$(openssl rand -base64 32)"; the hearer gets the same.',
        )
    return secret
