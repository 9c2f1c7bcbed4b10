"""A version as a page that opens from disk: a form of its features, the score and its explanation as one types."""

from __future__ import annotations

import html
import re
from typing import Any

import psycopg

from dbml.models.exports import javascript, js
from dbml.models.exports.checking import Stored
from dbml.models.version import scored

# Texts that a field proposes.
KNOWN_AT_MOST = 60


def make(raw: psycopg.Connection[Any], stored: Stored) -> bytes:
    """Write the page, once node has scored and explained by its module."""
    return page(stored, js.judged(stored, javascript.explainer_of(raw, stored))).encode()


def page(stored: Stored, module: str) -> str:
    """The page around a module, filled in with the first golden row."""
    rows = stored.golden["rows"]
    parts = {
        "title": html.escape(stored.label),
        "module": re.sub(r"^export (?=\{)", "// export ", module, flags=re.MULTILINE),
        "known": javascript.literal([_known(stored, place) for place in range(len(stored.features))]),
        "first": javascript.literal(rows[0]),
        "says": javascript.literal(scored(stored.interface["output"])),
    }
    # At once, so that nothing of what goes in is taken for a place.
    return re.sub(
        r"\{(title|module|known|first|says)\}", lambda found: parts[found[1]], javascript.runtime("page.html")
    )


def _known(stored: Stored, place: int) -> list[str]:
    """Texts that a feature is known to have, from the golden rows."""
    if stored.features[place]["kind"] != "text":
        return []
    found = {row[place] for row in stored.golden["rows"]} - {None}
    return sorted(found)[:KNOWN_AT_MOST]
