"""What a duty is. Each stands in a file of its own, beside this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from dbml.database import Progress


@dataclass(frozen=True)
class Duty:
    """Something that is to be done again and again.

    :param name: the word by which commands and ``dbml.job`` call it.
    :param every: the time from one start to the next.
    :param run: does it, on an autocommit connection, and returns how much was done. It may be killed at any moment, and
        be done by two at once for a moment (a worker that was cut off and comes back): so each of its transactions
        leaves things right, and doing it again does no harm. It may call its second argument with what it is at, how
        much is done and about how much there is.
    :param did: the end of the sentence ``3 …``.
    """

    name: str
    every: timedelta
    run: Callable[[psycopg.Connection[Any], Progress], int]
    did: str
