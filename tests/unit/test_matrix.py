"""What ``make test-matrix`` reads out of pytest's own report."""

import subprocess
import sys
from pathlib import Path

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
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml={report}", *arguments]
    subprocess.run([*command, "test_sums.py"], cwd=folder, check=False, stdout=subprocess.DEVNULL)
    return report


def test_each_fault_is_named(tmp_path: Path) -> None:
    result = read(_run(tmp_path))
    assert result is not None
    assert result.passed == 2
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
