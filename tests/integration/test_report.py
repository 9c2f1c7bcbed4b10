"""The page about a model stands alone, says what there is, and is right where it counts."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg import sql
from scipy.stats import binomtest

import dbml
from dbml.observing.report import pictures
from tests.conftest import Cli, Databases, Trained
from tests.logged import log, rows

Db = psycopg.Connection[Any]


@pytest.fixture
def dsn(databases: Databases, with_sampled: str) -> str:
    return databases.create(like=with_sampled)


class Page(HTMLParser):
    """Texts of headings and of everything, and whatever would be fetched."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.headings: list[str] = []
        self.text = ""
        self._heading = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._heading = tag == "h2"
        links = [v for k, v in attrs if k in ("src", "href", "xlink:href") and v and not v.startswith("#")]
        self.fetched += [tag] if tag in ("script", "link", "img", "iframe") else links

    def handle_endtag(self, tag: str) -> None:
        self._heading = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._heading:
            self.headings.append(data)


@pytest.fixture
def logged(db: Db, sampled: Trained) -> None:
    """Ten days; in the last two a category is new, whose name would break a page."""
    db.execute("insert into dbml.deployment (model, version) values ('churn', 1)")
    for day in range(9, -1, -1):
        part = rows(np.random.default_rng(day), 200)
        part["score"] = sampled.truth(part)
        if day < 2:
            part.loc[:40, "plan"] = "<b>$x^$</b>"
        log(db, sampled, part, day)
    dbml.update_histograms(db)
    dbml.check_alerts(db)


@pytest.mark.usefixtures("logged")
def test_a_page_that_needs_nothing_else(db: Db, cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert "is written" in cli("report", "churn", "-o", file).output
    text = file.read_text()
    page = Page(text)
    assert page.fetched == [] and "@import" not in text and "url(http" not in text
    assert page.headings == ["Who serves", "How the score moved", "Drift", "Was it right?", "Versions side by side", "Failures"]  # fmt: skip
    assert "categories that the reference does not have" in page.text and "'<b>$x^$</b>'" in page.text
    assert "1 open alert" in page.text
    assert "Not shown: nothing says what became of the predictions of 'churn'." in page.text
    assert "Every logged prediction has a score." in page.text
    drawn = [part.partition("</svg>")[0] + "</svg>" for part in text.split("<figure>")[1:]]
    assert len(drawn) == 1 + 4  # the score over time; each feature, and the score
    for picture in drawn:
        ET.fromstring(picture[picture.index("<svg") :])


def test_before_there_is_anything_and_for_those_who_may_not_read_it(db: Db, dsn: str) -> None:
    page = Page(dbml.report(db, "churn"))
    assert (
        "No version serves." in page.text and "Nothing was counted" in page.text and "Too little is known" in page.text
    )
    db.execute(
        sql.SQL("create role {}; grant dbml_analyst to {}").format(
            *[sql.Identifier(f"reader_{db.info.backend_pid}")] * 2
        )
    )
    try:
        db.execute(sql.SQL("set role {}").format(sql.Identifier(f"reader_{db.info.backend_pid}")))
        assert "No version serves." in dbml.report(db, "churn")
    finally:
        db.execute("reset role")
        db.execute(sql.SQL("drop role {}").format(sql.Identifier(f"reader_{db.info.backend_pid}")))
    with pytest.raises(dbml.DbmlError, match="churned"):
        dbml.report(db, "churned")


@pytest.mark.usefixtures("logged")
def test_pictures_show_what_the_log_has(db: Db, sampled: Trained) -> None:
    found = db.execute("select edges, counts from dbml.histograms('churn', now() - interval '20 days') where feature = 'spend'").fetchone()  # fmt: skip
    assert found is not None
    values = [value for (value,) in db.execute("select numbers[2] from dbml.log").fetchall()]
    # The outer ones lie beside or in the outermost bins, which are the widest.
    truth = np.quantile(values, [0.1, 0.25, 0.5, 0.75, 0.9])
    assert pictures.quantiles(*found)[1:4] == pytest.approx(truth[1:4], abs=1)
    assert pictures.quantiles(*found) == pytest.approx(truth, abs=5)
    for k, n in ((0, 12), (7, 20), (50, 50)):
        middle, half = pictures.wilson(k / n, n)
        interval = binomtest(k, n).proportion_ci(method="wilson")
        assert (middle - half, middle + half) == pytest.approx((interval.low, interval.high), abs=1e-6)
    days = db.execute("select at, sum(c) from dbml.histograms('churn', now() - interval '20 days', step => '1 day'), unnest(counts) c where position = 0 group by at").fetchall()  # fmt: skip
    assert sum(n for _, n in days) == 2000 and len(days) >= 10


@pytest.mark.usefixtures("logged")
def test_histograms_are_drawn_for_the_shell(cli: Cli, tmp_path: Path) -> None:
    drift, reference = tmp_path / "drift.svg", tmp_path / "reference.svg"
    cli("drift", "churn", "--plot", drift, exit_code=1)  # the new category is an alert
    cli("model", "show", "churn@1", "--plot", reference)
    for file, legends in ((drift, 4), (reference, 0)):
        text = ET.fromstring(file.read_text())
        comments = file.read_text()
        assert all(f"<!-- {feature} -->" in comments for feature in ("score", "plan", "complaints", "spend"))
        assert comments.count("<!-- now -->") == legends
        assert text.tag.endswith("svg")
    refused = cli("drift", "churn", "--plot", tmp_path / "drift.gif", exit_code=1)
    assert "neither .svg nor .png" in refused.output
    refused = cli("drift", "churn", "--plot", tmp_path / "nowhere" / "drift.svg", exit_code=1)
    assert "cannot be written: No such file or directory" in refused.output
