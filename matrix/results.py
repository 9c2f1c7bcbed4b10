"""What pytest has found on a server, read from its JUnit file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Fault:
    """A test that did not pass."""

    test: str
    kind: str
    """``failure``: the test itself; ``error``: what it stands on."""
    message: str
    """The first line of what was raised."""


@dataclass(frozen=True)
class Result:
    """The suite on one server."""

    passed: int
    skipped: int
    faults: tuple[Fault, ...]
    seconds: float

    def count(self, kind: str) -> int:
        """How many faults are of a kind."""
        return sum(fault.kind == kind for fault in self.faults)


def read(file: Path) -> Result | None:
    """Read a JUnit file; None where pytest has not come to write it, or has found no test."""
    if not file.exists():
        return None
    suite = ElementTree.parse(file).getroot().find("testsuite")
    if suite is None or not suite.get("tests", "0").strip("0"):
        return None
    faults = tuple(
        Fault(_name(case), found.tag, (found.get("message") or "").strip().partition("\n")[0])
        for case in suite.iter("testcase")
        for found in case
        if found.tag in ("failure", "error")
    )
    # Not by subtraction: a test may both fail and have its end go wrong.
    tags = [{found.tag for found in case} for case in suite.iter("testcase")]
    passed = sum(not {"failure", "error", "skipped"} & of_case for of_case in tags)
    skipped = sum("skipped" in of_case for of_case in tags)
    return Result(passed, skipped, faults, float(suite.get("time", 0)))


def _name(case: ElementTree.Element) -> str:
    return f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
