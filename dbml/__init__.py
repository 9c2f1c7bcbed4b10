"""scikit-learn models inside PostgreSQL.

Every verb takes a psycopg or SQLAlchemy connection first and never commits for its caller.
"""

from dbml.errors import DbmlError
from dbml.models.comparison import diff
from dbml.models.exports import export, export_file
from dbml.models.signing import new_key
from dbml.models.trust import revoke_key, trust_key, trusted_keys
from dbml.models.versions import add_model, show, verify, versions
from dbml.profiles.attachment import attach, detach
from dbml.profiles.online import attach_online
from dbml.profiles.reconciliation import reconcile
from dbml.profiles.rescoring import rescore, rescore_due
from dbml.profiles.spec import Counter, Event, Prediction, Profile
from dbml.schema.install import uninstall
from dbml.serving.deployment import deploy, rollback, score, status
from dbml.serving.upgrade import install

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
