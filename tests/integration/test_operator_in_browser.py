"""The operator's page in a real browser, as somebody uses it who has to decide: look, promote, think again, abort."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg import sql
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

import dbml
from dbml import spec
from dbml.serving.strategies import Strategy
from tests.conftest import SPEC, TABLES, Databases, Trained
from tests.integration.test_experiment import OUTCOME, halves, predicted, start
from tests.integration.test_service import DBML, served, token
from tests.logged import log, rows

pytestmark = pytest.mark.long
ROLE = f"dbml_test_operator_{os.getpid()}"
SERVING = "select version, arm from dbml.serving order by arm desc"
# What the page is as it is laid out: too wide, too small, cut off, or fetched from elsewhere.
LOOK = """
const all = [...document.querySelectorAll("td, th, p, caption, .act, button")];
return {
  beyond: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  tiny: all.filter(e => parseFloat(getComputedStyle(e).fontSize) < 11).length,
  invisible: all.filter(e => e.textContent && e.getBoundingClientRect().height == 0).length,
  fetched: performance.getEntriesByType("resource").filter(e => !e.name.endsWith("favicon.ico")).length,
};
"""


@pytest.fixture
def dsn(databases: Databases, churn: Trained, churn_2: Trained, tmp_path: Path) -> str:
    """A shop with a canary of ten days, outcomes, a category that is new, and rows that wait for a worker."""
    dsn, file = databases.create(), tmp_path / "churn.toml"
    file.write_text(SPEC.replace("[[event]]", 'log = "all"\nmode = "queued"\n\n[[event]]', 1) + OUTCOME)
    with psycopg.connect(dsn) as db:
        db.execute(TABLES)
        db.execute("create table cancellation (customer_id integer, cancelled_at timestamptz)")
        for model in (churn, churn_2):
            dbml.add_model(db, "churn", model.file, sample=model.sample)
        dbml.attach(db, spec.read(file))
        dbml.deploy(db, "churn", 1, note="<script>document.title = 'taken'</script>")
        start(db, "canary", share=35)
        db.execute(
            "insert into customer (id, plan, complaints, spend) select g, 'plus', 0, 50 from generate_series(1, 20) g"
        )
        predicted(db, halves((195, 49), (650, 350)))
        for day in range(9, -1, -1):
            part = rows(np.random.default_rng(day), 200)
            part["score"] = churn.truth(part)
            if day < 2:
                part.loc[:60, "plan"] = "<b>gold</b>"
            log(db, churn, part, day)
        db.execute(
            sql.SQL(
                "create role {0}; grant dbml_deployer to {0}; grant select on cancellation, dbml.prediction_log to {0}"
            ).format(sql.Identifier(ROLE))
        )
    with psycopg.connect(dsn, autocommit=True) as db:
        dbml.update_histograms(db)
    subprocess.run([DBML, "worker", "--once", "--duty", "alerts", "--dsn", dsn], check=True, capture_output=True)
    return dsn


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium and driver, "there is no chromium with its driver on this machine: make test-long installs them"
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}"):
        options.add_argument(word)
    service = webdriver.ChromeService(driver, env=os.environ | {"HOME": str(tmp_path)})
    opened = webdriver.Chrome(options=options, service=service)
    yield opened
    opened.quit()


def test_an_operator_looks_decides_and_is_asked(dsn: str, browser: Any, tmp_path: Path) -> None:
    shots = os.environ.get("DBML_SCREENSHOTS")

    def shows(name: str) -> None:
        """Look at the page as it is laid out, on a wide screen and on a telephone."""
        for width in (1280, 600):
            browser.set_window_size(width, 1000)
            if shots:
                browser.save_screenshot(str(Path(shots) / f"{name}-{width}.png"))
            assert browser.execute_script(LOOK) == {"beyond": 0, "tiny": 0, "invisible": 0, "fetched": 0}, name

    def tables() -> dict[str, list[str]]:
        """Caption → what stands in each row."""
        return {
            one.find_element(By.TAG_NAME, "caption").text: [row.text for row in one.find_elements(By.TAG_NAME, "tr")]
            for one in browser.find_elements(By.TAG_NAME, "table")
        }

    def press(text: str) -> None:
        browser.find_element(By.XPATH, f"//*[self::a or self::button][normalize-space() = '{text}']").click()

    def serving() -> Any:
        with psycopg.connect(dsn) as db:
            return db.execute(SERVING).fetchall()

    words = token(tmp_path / "tokens", ROLE)
    with served(dsn, "--tokens", tmp_path / "tokens") as (port, _):
        browser.get(f"http://operator:{words}@127.0.0.1:{port}/operator")
        shows("overview")
        assert browser.title == "dbml"
        found = tables()
        for caption, *words in (
            ("Who serves", "churn 1 control canary"),
            ("Experiments", "churn candidate 2 350 0.1400 -0.1600", "better"),
            ("Drift within a day", "churn alert plan", "<b>gold</b>"),
            ("Open alerts", "categories that the reference does not have"),
            ("What waits", "scores 20"),
            ("Workers", "alerts waiting"),
            ("Done last", "<script>document.title"),
        ):
            assert any(all(word in row for word in words) for row in found[caption]), (caption, found[caption])

        # Promote is asked about, and left.
        press("Promote …")
        shows("confirmation")
        assert browser.find_element(By.TAG_NAME, "h1").text == "Promote churn?"
        assert "the candidate will serve everyone" in browser.page_source
        press("Leave it")
        assert serving() == [(1, "control"), (2, "candidate")]

        # Somebody else changes who serves while the question stands there.
        press("Abort …")
        with psycopg.connect(dsn) as db:
            dbml.set_share(db, "churn", 20)
        press("Abort churn")
        shows("refusal")
        assert "has changed since you were asked" in browser.page_source and len(serving()) == 2

        # Meant, and why; and once more the other way.
        press("Back")
        press("Abort …")
        browser.find_element(By.NAME, "note").send_keys("too many <i>complaints</i>")
        press("Abort churn")
        WebDriverWait(browser, 30).until(lambda found: found.title == "dbml")
        assert serving() == [(1, "control")]
        assert any(f"too many <i>complaints</i> (by {ROLE}" in row for row in tables()["Done last"])
        with psycopg.connect(dsn) as db:
            dbml.start_strategy(db, "churn", 2, Strategy("canary", share=10))
        browser.refresh()
        press("Promote …")
        press("Promote churn")
        WebDriverWait(browser, 30).until(lambda found: found.title == "dbml")
        assert serving() == [(2, "control")]
        shows("promoted")
    with psycopg.connect(dsn) as db:
        db.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(ROLE)))
