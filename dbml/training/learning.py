"""Models that learn while they serve: labels that wait are learnt, and make versions that serve."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from psycopg.types.json import Jsonb
from sklearn.base import is_clusterer

from dbml import database, errors
from dbml.database import Connection, Progress
from dbml.models import file as model_file
from dbml.models import trust, versions
from dbml.models.adding import add_model
from dbml.models.version import Content, holds_estimator
from dbml.schema.install import require
from dbml.serving.deployment import deploy
from dbml.training import lesson, linear
from dbml.training.dataset import typed
from dbml.training.lesson import Label

# Batches move none: those of labels in the transaction would be older than the version.
NO_COEFFICIENTS = {"weights": None, "intercept": None, "t": None}


@dataclass(frozen=True)
class Learner:
    """A model that learns and serves.

    :param version: which serves; ``anchor`` and ``head`` are the first and the last of those that learning has made.
    :param labels: learnt since the anchor; ``published`` of them are in the head.
    :param waiting: labels that can be learnt now.
    :param late: whether something has waited for long enough.
    :param shared: whether a strategy runs: then nothing is learnt.
    """

    model: str
    how: str
    every: int
    together: int
    guard: float | None
    version: int
    anchor: int | None
    head: int | None
    labels: int
    published: int
    stopped: str | None
    waiting: int
    late: bool
    shared: bool

    @property
    def begun(self) -> bool:
        """Whether what serves is what it has learnt; else it begins anew, from what serves."""
        return self.head == self.version

    def due(self, fresh: int, now: bool) -> int:
        """How many of the labels that no version has make one."""
        return self.every if fresh >= self.every else fresh if self.late or now else 0


def learn_labels(
    connection: Connection,
    name: str | None = None,
    *,
    now: bool = False,
    key: Path | str | None = None,
    progress: Progress | None = None,
) -> int:
    """Let models learn from the labels that wait, and let what they become serve.

    What is learnt, the version that it makes, its deployment and the labels that are taken are one transaction each.

    :param name: this model alone.
    :param now: also where too few labels wait.
    :param key: file of the private key that signs the versions, as for :func:`dbml.add_model`.
    :returns: how many labels were learnt or put aside.
    :raises TrainingError: a model cannot learn; the others have.
    :raises UnsignedModel: there is no key to sign with, or the version that serves has no signature.
    :raises UntrustedKey: this database does not trust it.
    """
    raw = database.driver(connection)
    done = 0
    failures: list[errors.DbmlError] = []
    with database.translated():
        require(raw)
        for learner in _learners(raw):
            if name not in (None, learner.model):
                continue
            step = _batch if learner.how == "batched" else _moved
            try:
                while taken := step(raw, learner.model, now, key):
                    done += taken
                    if progress:
                        progress("learn", done, max(done, learner.waiting))
            except errors.DbmlError as error:
                failures.append(error)
    if failures:
        raise failures[0]
    return done


def _learners(raw: psycopg.Connection[Any]) -> list[Learner]:
    found = database.rows(raw, Learner, "learning_due")
    return [one for one in found if one.stopped is None and not one.shared]


def _held(raw: psycopg.Connection[Any], name: str) -> Learner | None:
    """Lock a model, and say how far it is."""
    database.value(raw, "hold_learning", name=name)
    return next((one for one in _learners(raw) if one.model == name), None)


@dataclass(frozen=True)
class _Stored:
    """A version that learns, unpickled: so a trusted key must have signed it."""

    content: Content
    estimator: Any

    @property
    def output(self) -> dict[str, Any]:
        output: dict[str, Any] = self.content.interface["output"]
        return output


def _stored(raw: psycopg.Connection[Any], name: str, version: int) -> _Stored:
    content = versions.content(raw, name, version)
    if not holds_estimator(content.kind):
        raise errors.TrainingError(f"{content.label} came as {content.kind}, which cannot learn", "Add it as joblib.")
    trust.require_signature(raw, name, version, content.sha256, content.interface)
    file = model_file.File(f"the stored file of {content.label}", content.artifact, content.kind)
    estimator = model_file.load(file)[0]
    lesson.require_learner(estimator, content.label)
    return _Stored(content, estimator)


def _lesson(raw: psycopg.Connection[Any], stored: _Stored, name: str, size: int) -> lesson.Lesson:
    labels = database.rows(raw, Label, "labels", name=name, rows=size)
    served = {
        version: versions.show(raw, name, version).features
        for version in {one.version for one in labels if one.version is not None}
    }
    return lesson.lesson(stored.estimator, stored.content.interface, served, labels)


def _batch(raw: psycopg.Connection[Any], name: str, now: bool, key: Path | str | None) -> int:
    """Learn the next labels and publish what they make, in one transaction."""
    with raw.transaction():
        learner = _held(raw, name)
        size = learner.due(learner.waiting, now) if learner else 0
        if learner is None or not size:
            return 0
        trust.signer(raw, key)
        stored = _stored(raw, name, learner.version)
        anchor = learner.anchor if learner.begun and learner.anchor else learner.version
        state: dict[str, Any] = {"anchor": anchor, "head": learner.version} | NO_COEFFICIENTS
        if not learner.begun:
            state |= {"labels": 0, "published": 0, "loss": None, "anchor_loss": None}
        found = _lesson(raw, stored, name, size)
        if found.labels and not is_clusterer(stored.estimator):  # whose labels tell nothing of its answers
            before = database.named(raw, "running_losses", name=name) if learner.begun else []
            first = stored if anchor == learner.version else _stored(raw, name, anchor)
            share = 1 - 0.5 ** (len(found.labels) / learner.every)
            for column, one in (("loss", stored), ("anchor_loss", first)):
                loss = lesson.losses(one.estimator, stored.output, found)
                past = before[0][column] if before else None
                state[column] = loss if past is None else past + share * (loss - past)
            if _stops(raw, learner, anchor, state):
                return 0
        pupil, failed = lesson.learnt(stored.estimator, found, learner.together)
        aside = found.aside | failed
        ids = [one.id for one in found.labels] + list(found.aside)
        made_of = len(found.labels) - len(failed)
        if made_of:
            state |= _published(raw, name, stored, pupil, made_of, key)
            state["labels"] = state["published"] = (learner.labels if learner.begun else 0) + made_of
        _note(raw, name, state, ids, aside)
    return len(ids)


def _moved(raw: psycopg.Connection[Any], name: str, now: bool, key: Path | str | None) -> int:
    """Let what waits move the coefficients; then publish them as they are, while labels go on moving them."""
    with raw.transaction():
        learner = _held(raw, name)
        if learner is None:
            return 0
        taken = 0
        # What batches have learnt is in the version, and has left no coefficients.
        begun = learner.begun and database.named(raw, "coefficients", name=name)[0]["weights"] is not None
        if not begun or learner.waiting:
            taken = _catch_up(raw, name, learner, begun)
    with raw.transaction():
        learner = _held(raw, name)
        fresh = learner.labels - learner.published if learner else 0
        if learner is None or not learner.due(fresh, now):
            return taken
        trust.signer(raw, key)
        [kept] = database.named(raw, "coefficients", name=name)
        if _stops(raw, learner, kept["anchor"], dict(kept)):
            return taken
        stored = _stored(raw, name, learner.version)
        pupil = linear.restore(stored.estimator, kept)
        made = _published(raw, name, stored, pupil, kept["labels"] - kept["published"], key)
        _note(raw, name, made | {"published": kept["labels"]}, [], {})
    return taken or fresh


def _catch_up(raw: psycopg.Connection[Any], name: str, learner: Learner, begun: bool) -> int:
    stored = _stored(raw, name, learner.version)
    state: dict[str, Any] = {"anchor": learner.version, "head": learner.version, "labels": 0, "published": 0}
    if begun:
        [kept] = database.named(raw, "lock_coefficients", name=name)
        linear.restore(stored.estimator, kept)
        state = {"anchor": kept["anchor"], "head": kept["head"], "labels": kept["labels"]}
    else:
        state["settings"] = linear.settings(stored.estimator, stored.content.interface["features"])
        state |= {"loss": None, "anchor_loss": None}
    found = _lesson(raw, stored, name, learner.waiting)
    pupil, failed = lesson.learnt(stored.estimator, found, 1)
    state |= linear.state(pupil)
    state["labels"] += len(found.labels) - len(failed)
    ids = [one.id for one in found.labels] + list(found.aside)
    _note(raw, name, state, ids, found.aside | failed)
    return len(ids)


def _stops(raw: psycopg.Connection[Any], learner: Learner, anchor: int, state: dict[str, Any]) -> bool:
    """Ask the guard; where it says so, the version that learning began from serves again, and learning ends."""
    loss, before = state["loss"], state["anchor_loss"]
    if learner.guard is None or loss is None or before is None or loss <= before + learner.guard:
        return False
    why = f"the running loss is {loss:.4g}, and that of {learner.model}@{anchor} {before:.4g}"
    if learner.version != anchor:
        deploy(raw, learner.model, anchor, note=f"learning has stopped: {why}")
    state = {"anchor": anchor, "head": learner.version, "loss": loss, "anchor_loss": before, "stopped": why}
    _note(raw, learner.model, state, [], {})
    return True


def _published(
    raw: psycopg.Connection[Any], name: str, stored: _Stored, pupil: Any, labels: int, key: Path | str | None
) -> dict[str, Any]:
    """Store what has learnt as the next version, signed by whoever runs this, and let it serve."""
    parent = int(stored.content.label.rpartition("@")[2])
    output = stored.output
    note = f"learnt from {labels} labels after {name}@{parent}"
    added = add_model(
        raw,
        name,
        pupil,
        sample=_golden(stored.content),
        output=str(output["label"]) if "label" in output else None,
        note=note,
        key=key,
    )
    if added.version != parent:
        deploy(raw, name, added.version, note=note)
    return {"head": added.version, "parent": parent, "made_of": labels}


def _golden(content: Content) -> pd.DataFrame:
    """The sample of the parent, with its types."""
    rows = content.golden["rows"]
    columns = {}
    for place, feature in enumerate(content.interface["features"]):
        values = [row[place] for row in rows]
        column = (
            pd.Series(values, dtype=object)
            if feature["kind"] == "text"
            else pd.Series([np.nan if value is None else float(value) for value in values], dtype=np.float64)
        )
        columns[feature["name"]] = typed(column, feature)
    return pd.DataFrame(columns)


def _note(
    raw: psycopg.Connection[Any], name: str, state: dict[str, Any], ids: list[int], aside: dict[int, str]
) -> None:
    kept = [{"id": one, "reason": reason} for one, reason in aside.items()]
    database.value(raw, "learnt", name=name, state=Jsonb(state), ids=ids, aside=Jsonb(kept))
