"""Each key of a spec is noticed where it changes, and stands in the revision as it was declared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from alembic.autogenerate import render_python_code
from alembic.operations.ops import UpgradeOps

from dbml import spec
from dbml.alembic.operations import AlterProfileOp
from tests.application import Application
from tests.integration.test_autogenerate import at_head as at_head
from tests.integration.test_autogenerate import current as current
from tests.integration.test_autogenerate import operations

PREDICTION = spec.Prediction("churn", "churn_score", version_column="churn_version")
EVENT = spec.Event("complaint", "customer_id", {"complaints": "count(*)"})
PROFILE = spec.Profile("customer", "id", [PREDICTION], [EVENT])
OUTCOME = spec.Outcome("churn", "customer_id", "true", table="gone", otherwise="false", at="gone_at", horizon="30 days")
LESSON = spec.Learn("churn", "gone", "customer_id", "true")


def predicting(**keys: Any) -> spec.Profile:
    return replace(PROFILE, predictions=[replace(PREDICTION, **keys)])


def publishing(**keys: Any) -> spec.Profile:
    return replace(PROFILE, publications=[spec.Publication("churn", **keys)])


KEYS = {
    "on_error": predicting(on_error="null"),
    "features": predicting(features={"spend": "coalesce(spend, 0)"}),
    "log": predicting(log=0.25),
    "holdout": predicting(log="scores", holdout=0.02),
    "explain": predicting(log="all", explain=0.01),
    "mode": predicting(mode="queued"),
    "output": predicting(output="label"),
    "of": predicting(output="probability", of="stays"),
    "outputs": predicting(outputs={"said": "label", "stays": {"output": "probability", "of": "stays"}}),
    "event mode": replace(PROFILE, events=[replace(EVENT, mode="deferred")]),
    "bucket_column": replace(PROFILE, bucket_column="bucket"),
    "outcome": replace(PROFILE, outcomes=[OUTCOME]),
    "outcome query": replace(PROFILE, outcomes=[spec.Outcome("churn", "id", "v", query="select 1 as id, 'it''s' as v", better="high", effect=0.1)]),
    "learn": replace(PROFILE, lessons=[LESSON]),
    "learn more": replace(PROFILE, lessons=[replace(LESSON, every=7, within="2 hours", together=3, guard=0.5)]),
    "threshold": publishing(threshold=[0.25, 0.5], topic="a topic"),
    "decile": publishing(decile=True),
    "label": publishing(label=True),
    "version": publishing(version=True),
    "to": publishing(version=True, to="wal"),
}  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_a_revision_says_what_was_declared(key: str) -> None:
    changed = KEYS[key]
    assert changed != PROFILE
    text = render_python_code(UpgradeOps([AlterProfileOp(changed, was=PROFILE)]))
    ran: list[Any] = []

    class Op:
        @staticmethod
        def alter_profile(profile: spec.Profile, *, was: spec.Profile) -> None:
            ran.extend((profile, was))

    exec("if True:\n    " + text, {"op": Op, "spec": spec})
    assert ran == [changed, PROFILE]


def test_changed_keys_are_noticed_and_the_revision_runs(current: Application) -> None:
    current.execute("create table gone (customer_id integer, gone_at timestamptz)")
    current.edit(
        "shop.py",
        'version_column="churn_version")],',
        'version_column="churn_version", mode="queued", log="scores", holdout=0.5)],\n'
        '        publications=[Publication("churn", threshold=[0.5], decile=True)],\n'
        '        outcomes=[Outcome("churn", "customer_id", "true", table="public.gone", otherwise="false", at="gone_at", horizon="30 days")],',
    )
    current.edit(
        "shop.py", "import Event, Prediction, Profile", "import Event, Outcome, Prediction, Profile, Publication"
    )
    current.edit(
        "migrations/env.py", "target_metadata=", 'include_name=lambda name, *_: name != "gone", target_metadata='
    )
    text = current.propose()
    assert operations(text, "upgrade") == operations(text, "downgrade") == ["alter_profile"]
    before = current.rows("select id, churn_score from customer order by id")
    current.alembic("upgrade", "head")
    current.alembic("check")
    current.execute("update customer set spend = spend + 1")
    assert current.rows("select model, waiting from dbml.queue_status") == [("churn", len(before))]
    assert current.rows("select count(*) from dbml.outcomes('churn')")
    # Another value of one key alone.
    for old, new in (("decile=True", 'to="wal"'), ("holdout=0.5", "holdout=0.25"), ('"30 days")', '"60 days")')):
        current.edit("shop.py", old, new)
        assert operations(current.propose(), "upgrade") == ["alter_profile"]
        current.alembic("upgrade", "head")
        current.alembic("check")
    current.alembic("downgrade", "-4")
    assert current.rows("select relation::text, spec ? 'publications' from dbml.profile") == [("customer", False)]
