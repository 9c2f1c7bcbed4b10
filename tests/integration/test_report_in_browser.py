"""The page about a model in a real browser: on a wide screen, on a telephone, and on paper."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import Cli, Databases, Trained
from tests.integration.test_report import logged as logged

Db = psycopg.Connection[Any]
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.long
# What a page says of itself once it is laid out.
LOOK = """
<script>
addEventListener("load", () => {
  const shown = [...document.querySelectorAll("svg")].map(e => e.getBoundingClientRect());
  document.title = JSON.stringify({
    beyond: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    pictures: shown.length,
    empty: shown.filter(r => r.width < 100 || r.height < 50).length,
    outside: shown.filter(r => r.right > document.documentElement.clientWidth + 1).length,
    fetched: performance.getEntriesByType("resource").length,
    invisible: [...document.querySelectorAll("h2, td, p")].filter(e => e.getBoundingClientRect().height == 0).length,
    tiny: [...document.querySelectorAll("td, p")].filter(e => parseFloat(getComputedStyle(e).fontSize) < 11).length,
  });
});
</script>
"""


@pytest.fixture
def dsn(databases: Databases, with_sampled: str) -> str:
    return databases.create(like=with_sampled)


@pytest.fixture
def page(logged: None, cli: Cli, db: Db, sampled: Trained, tmp_path: Path) -> Path:
    file = tmp_path / "report.html"
    cli("report", "churn", "-o", file)
    return file


def browse(folder: Path, *arguments: str) -> str:
    """Run the browser without a window; returns what it prints."""
    assert BROWSER is not None, "there is no chromium on this machine: make test-long installs it"
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'browser'}",
        *arguments,
    ]
    environment = os.environ | {"HOME": str(folder)}
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, env=environment).stdout


@pytest.mark.parametrize("width", [1280, 600])
def test_everything_is_shown_and_nothing_is_fetched(page: Path, tmp_path: Path, width: int) -> None:
    looked = tmp_path / "looked.html"
    looked.write_text(page.read_text().replace("</body>", LOOK + "</body>"))
    dom = browse(tmp_path, f"--window-size={width},900", "--virtual-time-budget=5000", "--dump-dom", looked.as_uri())
    said = re.search(r"<title>(\{.*?\})</title>", dom)
    assert said is not None, dom[:500]
    assert json.loads(said[1]) == {
        "beyond": 0, "pictures": 5, "empty": 0, "outside": 0, "fetched": 0, "invisible": 0, "tiny": 0,
    }  # fmt: skip


def test_it_prints_on_paper(page: Path, tmp_path: Path) -> None:
    paper = tmp_path / "report.pdf"
    browse(tmp_path, f"--print-to-pdf={paper}", "--no-pdf-header-footer", page.as_uri())
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", paper.read_bytes()))
    assert 1 <= pages <= 4
