"""What pytest has found on a server, read from its JUnit file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

# What dbml says of an engine that the server cannot run, and the server of a test's own statement. Where dbml itself
# asks for rights that it should not need, it says so in other words.
_LACKING = re.compile(
    r"engine (?:portable|python) needs PL/Python, and this database has none"
    r"|such explanations need PL/Python, and this database has none"
    r"|cannot run without PL/Python, and this database has none"
    r"|psycopg\.errors\.UndefinedObject: language \"plpython3u\" does not exist"
    r"|psycopg\.errors\.InsufficientPrivilege: "
    r"(?:permission denied to (?:set (?:parameter|role) \"[\w.]+\"|drop objects)|must be superuser [^\n]+)"
)


@dataclass(frozen=True)
class Fault:
    """A test that did not pass."""

    test: str
    kind: str
    """``failure``: the test itself; ``error``: what it stands on; ``lacking``: the server has not what it needs."""
    message: str
    """The first line of what was raised."""


@dataclass(frozen=True)
class Result:
    """The suite on one server."""

    passed: int
    skipped: int
    faults: tuple[Fault, ...]
    seconds: float

    @property
    def unexpected(self) -> tuple[Fault, ...]:
        """The faults but those of what the server is made without."""
        return tuple(fault for fault in self.faults if fault.kind != "lacking")

    def count(self, kind: str) -> int:
        """How many faults are of a kind."""
        return sum(fault.kind == kind for fault in self.faults)


def read(file: Path, *, managed: bool = False) -> Result | None:
    """Read a JUnit file; None where pytest has not come to write it, or has found no test.

    :param managed: the server has neither PL/Python nor a superuser for the tests: what fails for that is ``lacking``.
    """
    if not file.exists():
        return None
    suite = ElementTree.parse(file).getroot().find("testsuite")
    if suite is None or not suite.get("tests", "0").strip("0"):
        return None
    faults = tuple(
        _fault(_name(case), found, managed)
        for case in suite.iter("testcase")
        for found in case
        if found.tag in ("failure", "error")
    )
    # Not by subtraction: a test may both fail and have its end go wrong.
    tags = [{found.tag for found in case} for case in suite.iter("testcase")]
    passed = sum(not {"failure", "error", "skipped"} & of_case for of_case in tags)
    skipped = sum("skipped" in of_case for of_case in tags)
    return Result(passed, skipped, faults, float(suite.get("time", 0)))


def _fault(test: str, found: ElementTree.Element, managed: bool) -> Fault:
    said = found.get("message") or ""
    if managed and (lacks := _LACKING.search(f"{said}\n{found.text or ''}")):
        return Fault(test, "lacking", lacks[0])
    return Fault(test, found.tag, said.strip().partition("\n")[0])


def _name(case: ElementTree.Element) -> str:
    return f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
