"""All duties, in the order in which a worker looks for one that is due."""

from __future__ import annotations

from collections.abc import Sequence

from dbml import errors
from dbml.work.advance import ADVANCE
from dbml.work.alerts import alerts
from dbml.work.blue_green import BLUE_GREEN
from dbml.work.consume import consuming
from dbml.work.duty import Duty
from dbml.work.explanations import EXPLANATIONS
from dbml.work.histograms import HISTOGRAMS
from dbml.work.learn import LEARN
from dbml.work.log import log
from dbml.work.queued import QUEUED
from dbml.work.relay import relay
from dbml.work.retrain import retraining
from dbml.work.shadows import SHADOWS
from dbml.work.timings import TIMINGS
from dbml.work.traces import traces
from dbml.work.windows import WINDOWS


def chosen(
    names: tuple[str, ...],
    *,
    keep_log: str | None = None,
    places: Sequence[str] = (),
    publish_to: str | None = None,
    recipes: Sequence[str] = (),
    traces_to: str | None = None,
    consumed: Sequence[str] = (),
) -> list[Duty]:
    """Return the duties of those names; all, where there are none.

    :param keep_log: how long the log of predictions is kept, an interval such as ``90 days``; None: for ever.
    :param places: where alerts are told, as :mod:`dbml.observing.channels` reads them.
    :param publish_to: where events go; None: this worker relays none.
    :param recipes: models with the recipes by which they are made anew, as ``churn=recipe.toml``.
    :param traces_to: the collector that spans go to; None: this worker exports none.
    :param consumed: topics whose events go into tables, as ``complaints:public.complaint=nats://nats:4222``.
    :raises UnknownDuty: no duty has that name.
    :raises SpecError: one of the places is none, or the collector, or one of the topics.
    :raises TrainingError: one of the recipes is written otherwise.
    """
    duties = {
        duty.name: duty
        for duty in (
            ADVANCE,
            WINDOWS,
            SHADOWS,
            BLUE_GREEN,
            log(keep_log),
            HISTOGRAMS,
            EXPLANATIONS,
            alerts(places),
            QUEUED,
            LEARN,
            TIMINGS,
        )
    }
    if publish_to is not None:
        duties["relay"] = relay(publish_to)
    elif "relay" in names:
        raise errors.UnknownDuty(
            "the duty relay does not know where events go", "Give --publish-to, as kafka://broker:9092."
        )
    if recipes:
        duties["retrain"] = retraining(recipes)
    elif "retrain" in names:
        raise errors.UnknownDuty("the duty retrain has no recipe", "Give --retrain churn=recipe.toml.")
    if traces_to is not None:
        duties["traces"] = traces(traces_to)
    elif "traces" in names:
        raise errors.UnknownDuty(
            "the duty traces does not know where spans go", "Give --traces-to, as http://collector:4318."
        )
    duties |= {duty.name: duty for duty in map(consuming, consumed)}
    for name in names:
        if name not in duties:
            raise errors.UnknownDuty(
                f'there is no duty "{name}"',
                f"The duties: {', '.join(duties)}.{errors.nearest(name, duties)}",
            )
    return [duty for name, duty in duties.items() if not names or name in names]
