"""What ``make test-matrix`` reads out of pytest's own report."""

import subprocess
import sys
from pathlib import Path

from matrix.record import _BEGIN, _END, record
from matrix.results import Fault, read

TESTS = """
import pytest

@pytest.fixture
def broken(): raise ValueError("no server\\nsecond line")

@pytest.fixture
def broken_at_its_end():
    yield
    raise ValueError("still in use")

@pytest.mark.parametrize("number", [1, 2, 3])
def test_odd(number): assert number % 2, "even"

def test_broken(broken): pass

def test_both(broken_at_its_end): assert False, "wrong"

@pytest.mark.xfail
def test_known(): assert False
"""


def _run(folder: Path, *arguments: str, tests: str = TESTS) -> Path:
    (folder / "test_sums.py").write_text(tests)
    report = folder / "junit.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--rootdir=.",
        "-p",
        "no:cacheprovider",
        f"--junit-xml={report}",
        *arguments,
    ]
    subprocess.run([*command, "test_sums.py"], cwd=folder, check=False, stdout=subprocess.DEVNULL)
    return report


def test_each_fault_is_named(tmp_path: Path) -> None:
    result = read(_run(tmp_path))
    assert result is not None
    assert (result.passed, result.skipped) == (2, 1)
    assert (result.count("failure"), result.count("error")) == (2, 2)
    assert {(fault.test, fault.kind) for fault in result.faults} == {
        ("test_sums.py::test_odd[2]", "failure"),
        ("test_sums.py::test_broken", "error"),
        ("test_sums.py::test_both", "failure"),
        ("test_sums.py::test_both", "error"),
    }
    assert Fault("test_sums.py::test_odd[2]", "failure", "AssertionError: even") in result.faults


MANAGED = """
import psycopg, pytest

def test_engine(): assert 1 == 0, "dbml: engine portable needs PL/Python, and this database has none"

def test_own(): raise psycopg.errors.InsufficientPrivilege('permission denied to set role "dbml_analyst"')

def test_rights(): assert 1 == 0, 'dbml: permission denied for table customer'

@pytest.fixture
def denied(): raise psycopg.errors.InsufficientPrivilege("permission denied for table customer")

def test_table(denied): pass
"""


def test_what_a_managed_server_is_made_without_is_told_from_faults(tmp_path: Path) -> None:
    report = _run(tmp_path, tests=MANAGED)
    result = read(report, managed=True)
    assert result is not None
    lacking = {(fault.test, fault.message) for fault in result.faults if fault.kind == "lacking"}
    assert lacking == {
        ("test_sums.py::test_engine", "engine portable needs PL/Python, and this database has none"),
        (
            "test_sums.py::test_own",
            'psycopg.errors.InsufficientPrivilege: permission denied to set role "dbml_analyst"',
        ),
    }
    assert [fault.test for fault in result.unexpected] == ["test_sums.py::test_rights", "test_sums.py::test_table"]
    elsewhere = read(report)
    assert elsewhere is not None
    assert elsewhere.unexpected == elsewhere.faults and elsewhere.count("failure") == 3


def test_no_tests_are_no_success(tmp_path: Path) -> None:
    assert read(_run(tmp_path, "-k", "nothing")) is None
    assert read(tmp_path / "pytest_never_came_to_write_it.xml") is None


def test_a_servers_line_takes_the_place_of_its_earlier_one(tmp_path: Path) -> None:
    page, names = tmp_path / "versions.md", ["15", "18", "managed"]
    page.write_text(f"before\n{_BEGIN}\n\n{_END}\nafter\n")
    for name, passed in (("managed", "10"), ("15", "20"), ("managed", "30"), ("gone", "1")):
        record(page, [name, *["x"] * 5, passed, *["x"] * 6], names)
    written = page.read_text()
    assert written.startswith("before\n")
    assert written.endswith("after\n")
    rows = [line.strip("| ").split(" | ") for line in written.splitlines() if line.startswith("| ")]
    assert [(row[0], row[6]) for row in rows] == [("server", "passed"), ("15", "20"), ("managed", "30")]


def test_the_page_has_a_place_for_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "versions.md").read_text()
    assert text.index(_BEGIN) < text.index(_END)
