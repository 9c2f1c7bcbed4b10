"""scikit-learn models inside PostgreSQL.

Every verb takes a psycopg or SQLAlchemy connection first and never commits for its caller.
"""

from dbml.attachment import attach, detach
from dbml.comparison import diff
from dbml.deployment import deploy, rescore, rescore_due, rollback, score, status
from dbml.errors import DbmlError
from dbml.exports import export, export_file
from dbml.install import uninstall
from dbml.online import attach_online
from dbml.reconciliation import reconcile
from dbml.registry import add_model, show, verify, versions
from dbml.signing import new_key
from dbml.spec import Counter, Event, Prediction, Profile
from dbml.trust import revoke_key, trust_key, trusted_keys
from dbml.upgrade import install

__all__ = [
    "Counter",
    "DbmlError",
    "Event",
    "Prediction",
    "Profile",
    "add_model",
    "attach",
    "attach_online",
    "deploy",
    "detach",
    "diff",
    "export",
    "export_file",
    "install",
    "new_key",
    "reconcile",
    "rescore",
    "rescore_due",
    "revoke_key",
    "rollback",
    "score",
    "show",
    "status",
    "trust_key",
    "trusted_keys",
    "uninstall",
    "verify",
    "versions",
]
