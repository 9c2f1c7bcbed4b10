"""What the service refuses: a status of HTTP and a sentence. The other ways in (gRPC) translate the status."""

from __future__ import annotations

import re

import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests


class Refusal(Exception):
    """A request that gets no answer.

    :param status: of HTTP.
    :param sentence: names the object, and says the way out.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


UNREACHABLE = Refusal(503, "the database cannot be reached; try again")
BUSY = Refusal(503, "the service is busy: no connection to the database came free in time; try again")

# By SQLSTATE, or by its class: the first that fits.
STATUSES = {
    "42501": 403,  # a right is missing
    "DB014": 403,
    "DB005": 404,
    "DB013": 400,
    "25006": 409,  # a standby is read only
    "22": 400,  # a value that its type cannot hold
    "57014": 504,  # statement_timeout
    "53300": 503,  # too many connections
    "57P": 503,  # the server goes down
    "08": 503,
    "DB": 409,
}


def refused(error: Exception) -> Refusal:
    """Turn what the driver or the database says into an answer."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, PoolTimeout | TooManyRequests):
        return BUSY
    if not isinstance(error, psycopg.Error):
        return Refusal(500, "the service failed; its log says why")
    state = error.sqlstate or ""
    if not state:
        return UNREACHABLE if isinstance(error, psycopg.OperationalError) else Refusal(400, str(error))
    status = next((status for key, status in STATUSES.items() if re.match(key, state)), 500)
    sentence = (error.diag.message_primary or str(error)).removeprefix("plpy.Error: ")
    if status == 500:
        return Refusal(500, f"the database says: {sentence} ({state})")
    hint = error.diag.message_hint
    return Refusal(status, f"{sentence}. {hint}" if hint else sentence)
