"""scikit-learn models inside PostgreSQL.

Every verb takes a psycopg or SQLAlchemy connection first and never commits for its caller.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from dbml.errors import DbmlError

if TYPE_CHECKING:
    from dbml import spec
    from dbml.models.adding import add_model
    from dbml.models.comparison import diff
    from dbml.models.exports import export, export_file
    from dbml.models.signing import new_key
    from dbml.models.trust import revoke_key, trust_key, trusted_keys
    from dbml.models.tuning import tune
    from dbml.models.versions import remove_version, show, verify, versions
    from dbml.observing.alerts import acknowledge, alerts, check_alerts
    from dbml.observing.drift import drift, quality_drift, set_reference, set_threshold, update_histograms
    from dbml.observing.experiment import experiment
    from dbml.observing.explanation import explain, explain_change, importance
    from dbml.observing.log import forget
    from dbml.observing.logged_explanations import explain_log
    from dbml.observing.metrics import metrics
    from dbml.observing.performance import estimated_performance, performance
    from dbml.observing.replay import replay
    from dbml.observing.report import report
    from dbml.profiles.attachment import attach, detach
    from dbml.profiles.learn import Learn
    from dbml.profiles.online import attach_online
    from dbml.profiles.outcome import Outcome
    from dbml.profiles.publication import Publication
    from dbml.profiles.reconciliation import reconcile
    from dbml.profiles.reducing import reducer
    from dbml.profiles.rescoring import rescore, rescore_due
    from dbml.profiles.spec import Counter, Event, Prediction, Profile
    from dbml.schema.install import uninstall
    from dbml.serving.alteration import alter, alterations
    from dbml.serving.blue_green import comparison, score_aside
    from dbml.serving.bulk import scores
    from dbml.serving.deployment import deploy, rollback, score, status
    from dbml.serving.repair import repair
    from dbml.serving.shadows import answer_shadows
    from dbml.serving.strategies import (
        abort,
        advance,
        allocation,
        approve,
        pause,
        promote,
        resume,
        set_share,
        start_strategy,
    )
    from dbml.serving.upgrade import install
    from dbml.training.dataset import dataset
    from dbml.training.due import retrain_due
    from dbml.training.learning import learn_labels
    from dbml.training.past import History
    from dbml.training.retraining import retrain, train

__all__ = [
    "Counter",
    "DbmlError",
    "Event",
    "History",
    "Learn",
    "Outcome",
    "Prediction",
    "Profile",
    "Publication",
    "abort",
    "acknowledge",
    "add_model",
    "advance",
    "alerts",
    "allocation",
    "alter",
    "alterations",
    "answer_shadows",
    "approve",
    "attach",
    "attach_online",
    "check_alerts",
    "comparison",
    "dataset",
    "deploy",
    "detach",
    "diff",
    "drift",
    "estimated_performance",
    "experiment",
    "explain",
    "explain_change",
    "explain_log",
    "export",
    "export_file",
    "forget",
    "importance",
    "install",
    "learn_labels",
    "metrics",
    "new_key",
    "pause",
    "performance",
    "promote",
    "quality_drift",
    "reconcile",
    "reducer",
    "remove_version",
    "repair",
    "replay",
    "report",
    "rescore",
    "rescore_due",
    "resume",
    "retrain",
    "retrain_due",
    "revoke_key",
    "rollback",
    "score",
    "score_aside",
    "scores",
    "set_reference",
    "set_share",
    "set_threshold",
    "show",
    "spec",
    "start_strategy",
    "status",
    "train",
    "trust_key",
    "trusted_keys",
    "tune",
    "uninstall",
    "update_histograms",
    "verify",
    "versions",
]

# Each name is loaded when it is first asked for (PEP 562): an application that deploys needs no scikit-learn, and
# `dbml --help` needs no driver. The imports above say the same to type checkers.
_HOMES = {
    "dbml.models.adding": ("add_model",),
    "dbml.models.comparison": ("diff",),
    "dbml.models.exports": ("export", "export_file"),
    "dbml.models.signing": ("new_key",),
    "dbml.models.trust": ("revoke_key", "trust_key", "trusted_keys"),
    "dbml.models.tuning": ("tune",),
    "dbml.observing.explanation": ("explain", "explain_change", "importance"),
    "dbml.models.versions": ("remove_version", "show", "verify", "versions"),
    "dbml.observing.alerts": ("acknowledge", "alerts", "check_alerts"),
    "dbml.observing.drift": ("drift", "quality_drift", "set_reference", "set_threshold", "update_histograms"),
    "dbml.observing.experiment": ("experiment",),
    "dbml.observing.log": ("forget",),
    "dbml.observing.logged_explanations": ("explain_log",),
    "dbml.observing.metrics": ("metrics",),
    "dbml.observing.performance": ("estimated_performance", "performance"),
    "dbml.observing.replay": ("replay",),
    "dbml.observing.report": ("report",),
    "dbml.profiles.attachment": ("attach", "detach"),
    "dbml.profiles.online": ("attach_online",),
    "dbml.profiles.reconciliation": ("reconcile",),
    "dbml.profiles.reducing": ("reducer",),
    "dbml.serving.alteration": ("alter", "alterations"),
    "dbml.serving.repair": ("repair",),
    "dbml.profiles.rescoring": ("rescore", "rescore_due"),
    "dbml.profiles.learn": ("Learn",),
    "dbml.profiles.outcome": ("Outcome",),
    "dbml.profiles.publication": ("Publication",),
    "dbml.profiles.spec": ("Counter", "Event", "Prediction", "Profile"),
    "dbml.schema.install": ("uninstall",),
    "dbml.serving.blue_green": ("comparison", "score_aside"),
    "dbml.serving.bulk": ("scores",),
    "dbml.serving.deployment": ("deploy", "rollback", "score", "status"),
    "dbml.serving.shadows": ("answer_shadows",),
    "dbml.serving.strategies": (
        "abort",
        "advance",
        "allocation",
        "approve",
        "pause",
        "promote",
        "resume",
        "set_share",
        "start_strategy",
    ),
    "dbml.serving.upgrade": ("install",),
    "dbml.training.dataset": ("dataset",),
    "dbml.training.due": ("retrain_due",),
    "dbml.training.learning": ("learn_labels",),
    "dbml.training.past": ("History",),
    "dbml.training.retraining": ("retrain", "train"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from its module, once."""
    if name == "spec":
        return importlib.import_module("dbml.spec")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    """Name what can be had, loaded or not."""
    return sorted({*globals(), *__all__})
