"""Stored versions, loaded once a session: checked against their hash, one thread, a bounded number."""

from __future__ import annotations

import hashlib
import io
import json
import time
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from . import packages
from .protocol import Plpy

LOADED_AT_MOST = 8
# A version that will not load is not tried again for every row of a statement.
SECONDS_UNTIL_RETRY = 1.0


class LoadError(Exception):
    """A stored version cannot be loaded in this server."""


@dataclass(frozen=True)
class Model:
    """A version ready to score."""

    name: str
    signature: dict[str, Any]
    estimator: Any


_loaded: OrderedDict[str, Model] = OrderedDict()
_failed: dict[str, tuple[float, str]] = {}
_limits: list[Any] = []


def load(plpy: Plpy, fingerprint: str) -> Model:
    """Return the version with this fingerprint, from the session's cache or from the table.

    :raises LoadError: unknown, corrupt, or a package is missing.
    """
    model = _loaded.get(fingerprint)
    if model is not None:
        _loaded.move_to_end(fingerprint)
        return model
    failed = _failed.get(fingerprint)
    if failed is not None and time.monotonic() - failed[0] < SECONDS_UNTIL_RETRY:
        raise LoadError(failed[1])
    try:
        model = _read(plpy, fingerprint)
    except LoadError as error:
        _failed[fingerprint] = (time.monotonic(), str(error))
        raise
    _failed.pop(fingerprint, None)
    _loaded[fingerprint] = model
    if len(_loaded) > LOADED_AT_MOST:
        _loaded.popitem(last=False)
    return model


def _read(plpy: Plpy, fingerprint: str) -> Model:
    plan = plpy.prepare(
        "select v.model, v.version, v.sha256, v.signature, v.artifact "
        "from dbml.model_version v where v.fingerprint = $1 limit 1",
        ["text"],
    )
    rows = plpy.execute(plan, [fingerprint])
    if not rows:
        raise LoadError(f"no stored version has the fingerprint {fingerprint}")
    row = rows[0]
    name = f"{row['model']}@{row['version']}"
    blob = bytes(row["artifact"])
    if hashlib.sha256(blob).hexdigest() != row["sha256"]:
        raise LoadError(f"the stored blob of {name} is not the one that was added: its sha256 differs")
    packages.prepare(plpy)
    try:
        import joblib

        with warnings.catch_warnings():
            # Another scikit-learn than the model's was accepted, or refused, when the version was added.
            warnings.simplefilter("ignore")
            estimator = joblib.load(io.BytesIO(blob))
        _limits[:] = [packages.limit_threads()]
    except ImportError as error:
        raise LoadError(f"{name} needs a Python package that this server lacks: {error}") from error
    except Exception as error:
        raise LoadError(f"{name} does not load in this server: {type(error).__name__}: {error}") from error
    _force_one_job(estimator)
    return Model(name, json.loads(row["signature"]), estimator)


def _force_one_job(estimator: Any) -> None:
    """Set ``n_jobs`` to 1 on an estimator and on every fitted estimator inside it."""
    seen: set[int] = set()
    waiting: list[Any] = [estimator]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple)):
            waiting.extend(item)
        elif hasattr(item, "get_params") and hasattr(item, "__dict__"):
            if item.__dict__.get("n_jobs", 1) != 1:
                item.n_jobs = 1
            waiting.extend(item.__dict__.values())
