"""The demo with its tour, as `make demo ARGS=--tour` runs it on a server that is given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dbml.demo.server import Server


@pytest.mark.long
def test_the_tour_ends_well_and_leaves_its_pages(server: Server, tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("dbml"), "demo", "--tour", "--dsn", server.dsn]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert not done.returncode, f"{done.stdout}\n{done.stderr}"
    assert "5,000 customers compared, 0 differences" in done.stdout
    assert "churn" in (tmp_path / "dbml-tour" / "report.html").read_text()
    assert "<svg" in (tmp_path / "dbml-tour" / "why.svg").read_text()
