"""A PMML file as elements without namespaces, bounded while it is read: no entity of it is ever looked up."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

# A forest of 500 trees of 500 leaves has some 750,000 elements.
MAX_ELEMENTS = 2_000_000
# Java's reader, and ours, go down element by element; the deepest tree that ONNX files may have is as deep.
MAX_DEPTH = 1_000
#: What does not say anything of an answer.
_SILENT = frozenset(("Extension", "ModelVerification", "ModelStats", "ModelExplanation", "Header", "MiningBuildTask"))

_COLUMNS = frozenset(("column", "outputColumn"))

Element = ET.Element


class Exceeded(Exception):
    """The document is larger than is read; the message says what of it."""


class NotReadable(Exception):
    """The document is no PMML; the message says why."""


class _Target(ET.TreeBuilder):
    def __init__(self) -> None:
        super().__init__()
        self.count = self.depth = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        # Before a word of it was read: entities could stand for files, or for each other a billion times.
        raise NotReadable("it has a DOCTYPE, in which entities could be declared")

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self.count += 1
        self.depth += 1
        if self.count > MAX_ELEMENTS:
            raise Exceeded(f"it has more than {MAX_ELEMENTS} elements")
        if self.depth > MAX_DEPTH:
            raise Exceeded(f"its elements are nested deeper than {MAX_DEPTH}")
        # A table's cells lose the prefix of their namespace as all elements do, and so do the names of its columns.
        for name in _COLUMNS & attrs.keys():
            attrs[name] = attrs[name].rpartition(":")[2]
        return super().start(tag.rpartition("}")[2], attrs)

    def end(self, tag: str) -> Element:
        self.depth -= 1
        return super().end(tag.rpartition("}")[2])


def read(content: bytes) -> Element:
    """Read a document.

    :returns: its root, ``PMML``.
    :raises NotReadable: it is no XML, or none of the versions 3 and 4 of PMML.
    :raises Exceeded: it has more than :data:`MAX_ELEMENTS`, or is deeper than :data:`MAX_DEPTH`.
    """
    try:
        root = ET.fromstring(content, ET.XMLParser(target=_Target()))  # noqa: S314 - a DOCTYPE is refused above
    except ET.ParseError as error:
        raise NotReadable(str(error)) from None
    if root.tag != "PMML" or not root.get("version", "").startswith(("3.", "4.")):
        raise NotReadable(f"its root is {root.tag} {root.get('version', '')}, and not PMML 3 or 4")
    return root


def children(element: Element) -> Iterator[Element]:
    """What an element holds, without what says nothing of an answer."""
    return (child for child in element if child.tag not in _SILENT)


def words(text: str | None) -> list[str]:
    """What an ``Array`` holds: words apart by spaces, in quotation marks where they have spaces."""
    found: list[str] = []
    word, quoted, given = "", False, False
    letters = iter(text or "")
    for letter in letters:
        if letter == "\\":
            word += next(letters, "")
        elif letter == '"':
            quoted, given = not quoted, True
        elif letter.isspace() and not quoted:
            if word or given:
                found.append(word)
            word, given = "", False
        else:
            word += letter
    return [*found, word] if word or given else found
