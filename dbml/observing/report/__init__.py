"""One page about a model: a file that needs nothing else, for the screen and for paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import resources
from importlib.metadata import version as version_of
from typing import Any, TypeVar

import psycopg

from dbml import database, errors
from dbml.database import Connection
from dbml.models import versions
from dbml.observing.alerts import alerts
from dbml.observing.drift import drift
from dbml.observing.experiment import experiment
from dbml.observing.histograms import Histogram, Times
from dbml.observing.performance import Quality, performance
from dbml.schema.install import require

Answer = TypeVar("Answer")
# Further features are in the table alone; those that have drifted come first.
PICTURES = 40


def report(
    connection: Connection, name: str, *, window: timedelta | str = "1 day", since: timedelta | str = "30 days"
) -> str:
    """Write a page about a model: who serves, scores, drift, quality, calibration, experiments, failures, versions.

    What the caller's role may not read is left out, and the page says so.

    :param window: of drift.
    :param since: how far back scores and quality go.
    :returns: HTML with everything in it.
    :raises UnknownModel: there is no such model.
    :raises SpecError: ``window`` is no length of time.
    :raises DbmlError: jinja2 or matplotlib is missing.
    """
    try:
        import jinja2

        from dbml.observing.report import pictures
    except ImportError as error:
        raise errors.DbmlError(
            f"a report needs the package {error.name}, which cannot be imported here",
            "Install what reports need: pip install 'dbml[report]'",
        ) from error
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        [times] = database.rows(raw, Times, "report_times", window=window, since=since)
        found = _found(raw, name, window, times)
    drifted = [row["feature"] for row in found["drift"] if row["state"] == "alert"]
    live = sorted(found["live"], key=lambda one: (one.feature not in drifted, one.position))
    drawn = [(one.feature, one.feature in drifted, pictures.histogram(one)) for one in live[:PICTURES]]
    quality = found["quality"].value or []
    classes = found["performance"].value and found["performance"].value[0]["auc"] is not None
    text = resources.files(__name__).joinpath("page.html").read_text(encoding="utf-8")
    page = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
    return page.render(
        found,
        name=name,
        times=times,
        window=window,
        release=version_of("dbml"),
        drawn=drawn,
        not_drawn=max(0, len(live) - PICTURES),
        scores=pictures.scores(found["history"]),
        errors_by_day=pictures.quality([row for row in quality if row.day is not None], classes),
        arms=pictures.arms([arm for arm in found["experiment"].value or [] if arm.difference is not None]),
        calibration=pictures.calibration([row for row in quality if row.bin is not None]) if classes else None,
    )


class Part:
    """What could be read, or why it could not."""

    def __init__(self, value: Any = None, missing: str | None = None) -> None:
        self.value = value
        self.missing = missing


def _found(raw: psycopg.Connection[Any], name: str, window: timedelta | str, times: Times) -> dict[str, Any]:
    def rows(query: str, **more: Any) -> list[dict[str, Any]]:
        return database.named(raw, query, name=name, **more)

    def histograms(since: datetime, step: timedelta | None) -> list[Histogram]:
        asked = {"since": since, "until": times.until, "step": step, "version": None}
        return database.rows(raw, Histogram, "histograms", name=name, **asked)

    return {
        "serving": rows("report_serving"),
        "alerts": [alert for alert in alerts(raw) if alert["model"] in (name, None)],
        "drift": drift(raw, name, window=window),
        "live": histograms(times.window_since, None),
        "history": [one for one in histograms(times.since, times.step) if one.position == 0],
        "versions": rows("report_versions"),
        "failures": rows("report_failures"),
        "performance": _try(raw, lambda: performance(raw, name, by="version")),
        "experiment": _try(raw, lambda: experiment(raw, name)),
        "quality": _try(raw, lambda: database.rows(raw, Quality, "report_quality", name=name, since=times.since)),
    }


def _try(raw: psycopg.Connection[Any], ask: Callable[[], Any]) -> Part:
    """Outcomes may not be known, and are read with the caller's rights."""
    try:
        with raw.transaction(), database.translated():
            return Part(ask())
    except errors.DbmlError as error:
        return Part(missing=error.message)
