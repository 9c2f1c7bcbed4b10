"""A version as an ES module, judged by node."""

from __future__ import annotations

from typing import Any

import psycopg

from dbml.models.exports import javascript, standalone
from dbml.models.exports.checking import Stored


def make(_: psycopg.Connection[Any], stored: Stored) -> bytes:
    """Write the module, and have node score golden and hurtful rows by it."""
    module = javascript.written(stored)
    standalone.by_node(stored, module)
    return module.encode()
