"""A version as an ES module, judged by node."""

from __future__ import annotations

from typing import Any

import psycopg

from dbml._plpython.explanation import Explainer
from dbml.models.exports import javascript, standalone
from dbml.models.exports.checking import Stored


def make(raw: psycopg.Connection[Any], stored: Stored) -> bytes:
    """Write the module, and have node score golden and hurtful rows by it, and explain some."""
    return judged(stored, javascript.explainer_of(raw, stored)).encode()


def judged(stored: Stored, explainer: Explainer | None) -> str:
    """The module, once node has scored and explained by it as the plan does."""
    module = javascript.written(stored, explainer)
    standalone.by_node(stored, module)
    if explainer is not None:
        standalone.explained_by_node(stored, module, explainer)
    return module
