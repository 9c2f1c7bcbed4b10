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


def _run(folder: Path, *arguments: str) -> Path:
    (folder / "test_sums.py").write_text(TESTS)
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
