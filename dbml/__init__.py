"""scikit-learn models inside PostgreSQL.

Every verb takes a psycopg or SQLAlchemy connection first and never commits for its caller.
"""

from dbml.attachment import attach, detach
from dbml.comparison import diff
from dbml.deployment import deploy, rescore, rescore_due, score, status
from dbml.errors import DbmlError
from dbml.install import install, uninstall
from dbml.reconciliation import reconcile
from dbml.registry import add_model, export, show, verify, versions
from dbml.spec import Counter, Event, Prediction, Profile

__all__ = [
    "Counter",
    "DbmlError",
    "Event",
    "Prediction",
    "Profile",
    "add_model",
    "attach",
    "deploy",
    "detach",
    "diff",
    "export",
    "install",
    "reconcile",
    "rescore",
    "rescore_due",
    "score",
    "show",
    "status",
    "uninstall",
    "verify",
    "versions",
]
