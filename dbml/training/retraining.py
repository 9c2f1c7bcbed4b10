"""A version is made by a recipe; where it shall serve, only if it is better than what does."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from importlib.metadata import version as installed
from typing import Any

import pandas as pd
import psycopg
from psycopg.types.json import Jsonb

from dbml import database, errors
from dbml.database import Connection
from dbml.models import file as model_file
from dbml.models import versions
from dbml.models.adding import add_model
from dbml.models.trust import require_signature
from dbml.models.version import holds_estimator
from dbml.serving.deployment import deploy
from dbml.serving.strategies import Strategy, start_strategy
from dbml.training import feedback, fitting, gate
from dbml.training.dataset import Dataset, dataset
from dbml.training.recipe import Recipe

LIBRARIES = ("scikit-learn", "numpy", "scipy", "pandas")
# Rows that show what an estimator takes.
EXAMPLES = 5


@dataclass(frozen=True)
class Trained:
    """A version that a recipe made.

    :param version: None where the gate did not let it in: it is not stored.
    :param already_there: it had been made before, of the same rows by the same recipe.
    :param measures: on the test rows.
    :param rows: of the training set, the test rows among them.
    :param verdict: of the gate; None where nobody asked it.
    :param candidates: what stood to choose from → its loss on the last rows before the test; empty where one did.
    :param groups: measures on test rows that were acted upon, on the others, and on the holdout, where they are known.
    :param warnings: what to think of before one believes the measures: sentences without an end.
    :param estimator: fitted; None where it is not stored, or was there already.
    :param inputs: some rows of the training set, as estimators take them.
    """

    name: str
    version: int | None
    already_there: bool
    measures: dict[str, float]
    rows: int
    sha256: str
    verdict: gate.Verdict | None
    candidates: dict[str, float] = field(default_factory=dict)
    groups: dict[str, dict[str, float]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    estimator: Any = field(default=None, repr=False, compare=False)
    inputs: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """What JSON can say of it."""
        said = asdict(replace(self, estimator=None, inputs=pd.DataFrame()))
        return {name: value for name, value in said.items() if name not in ("estimator", "inputs")}


def train(
    connection: Connection, name: str, recipe: Recipe, *, as_of: datetime | str | None = None, note: str | None = None
) -> Trained:
    """Fit a new version on what was logged and what came true, and store it; nothing begins to serve.

    Nothing but the last step writes: it can be interrupted at any time.

    :param as_of: what was known then; None: now.
    :raises UnknownModel: there is no such model.
    :raises TrainingError: the recipe does not go with the data, or there are none.
    :raises UnsignedModel: the recipe asks for a clone, and no trusted key has signed the file it would be made of.
    """
    raw = database.driver(connection)
    like, output = _like(raw, name, recipe)
    data = dataset(raw, name, version=like.version, as_of=as_of, history=recipe.history)
    before = _made_before(raw, name, recipe, data)
    if before:
        return before
    told = feedback.decisions(raw, recipe, data)
    propensity = told.weights(recipe.learn_from) if told and recipe.learn_from else None
    fitted = fitting.fit(recipe, data, output, _likes(raw, name, recipe, like), propensity)
    return _judged(_store(raw, name, recipe, data, fitted, output, note, None), told, data, fitted, output)


def retrain(
    connection: Connection, name: str, recipe: Recipe, *, as_of: datetime | str | None = None, note: str | None = None
) -> Trained:
    """Do as :func:`train`, and let the new version serve by the recipe's strategy if it beats the one that serves.

    Both answer the same predictions, which the new one was not fitted on. A challenger that is no better is not stored.
    It may be called as often as one likes, by several at once: the same rows and recipe make one version.

    :raises UnknownModel: no version of the model serves.
    """
    raw = database.driver(connection)
    serving = _Version(name, versions.deployed(raw, name))
    like, output = _like(raw, name, recipe)
    data = dataset(raw, name, version=serving.version, as_of=as_of, history=recipe.history)
    before = _made_before(raw, name, recipe, data)
    if before:
        return before
    champion = serving.estimator(raw)
    told = feedback.decisions(raw, recipe, data)
    propensity = told.weights(recipe.learn_from) if told and recipe.learn_from else None
    fitted = fitting.fit(recipe, data, output, _likes(raw, name, recipe, like), propensity)
    test = data.rows.iloc[fitted.test]
    missing = [segment for segment in recipe.segments if segment not in data.inputs]
    if missing:
        raise errors.TrainingError(
            f"{missing[0]} is no feature of {name}", f"Segments may be {', '.join(f['name'] for f in data.features)}."
        )

    def losses(scores: Any) -> Any:
        return gate.losses(output["kind"], test["_label"].to_numpy(), scores)

    before, after = losses(fitting.answers(champion, data.inputs.iloc[fitted.test], output)), losses(fitted.scores)
    verdict = gate.judge(before - after, test["_entity"], {one: test[one] for one in recipe.segments}, recipe.margin)
    again = fitting.refitted(recipe, data, output, champion)
    if again is not None:
        verdict = gate.told_apart(verdict, before - losses(again), losses(again) - after, test["_entity"])
    if recipe.bias is not None:
        truth = test["_label"].to_numpy()
        verdict = gate.calibrated(verdict, fitted.scores, truth, test["_entity"], recipe.bias)
    refused = Trained(name, None, False, fitted.measures, len(data.rows), data.sha256, verdict, fitted.candidates)
    if not verdict.passed:
        return _judged(refused, told, data, fitted, output)
    with database.translated(), raw.transaction() as whole:
        trained = _store(raw, name, recipe, data, fitted, output, note, verdict)
        assert trained.version is not None
        if not trained.already_there:
            # Only the server knows what the version costs it, once it has tried it.
            verdict = gate.costly(verdict, _times(raw, serving, trained.version, recipe))
            if not verdict.passed:
                raise psycopg.Rollback(whole)
            _begin(raw, name, trained.version, recipe, note or f"retrained: {verdict.reason}")
    if not verdict.passed:
        return _judged(replace(refused, verdict=verdict), told, data, fitted, output)
    return _judged(trained, told, data, fitted, output)


def _times(
    raw: psycopg.Connection[Any], serving: _Version, version: int, recipe: Recipe
) -> dict[str, tuple[float, float | None]]:
    """How many times what serves a version takes of the server, and how many it may."""
    before, after = (versions.show(raw, serving.name, one) for one in (serving.version, version))
    took = [float(one.cost.get(one.engine, {}).get("warm_us") or "nan") for one in (before, after)]
    return {
        "as slow": (took[1] / took[0], recipe.slower),
        "as large": (after.bytes / before.bytes, recipe.larger),
    }


def estimator_of(connection: Connection, trained: Trained) -> Any:
    """The estimator of a version that a recipe made; one that was there already is unpickled.

    :raises UnsignedModel: it was there, and no trusted key has signed it.
    """
    if trained.estimator is not None:
        return trained.estimator
    assert trained.version is not None
    return _Version(trained.name, trained.version).estimator(database.driver(connection))


def _judged(
    trained: Trained,
    told: feedback.Decisions | None,
    data: Dataset,
    fitted: fitting.Fitted,
    output: dict[str, Any],
) -> Trained:
    if trained.already_there:
        return trained
    groups = feedback.measures(told, data, fitted, output)
    return replace(trained, groups=groups, warnings=tuple(feedback.warnings(told, data)))


@dataclass(frozen=True)
class _Version:
    name: str
    version: int

    def estimator(self, raw: psycopg.Connection[Any]) -> Any:
        """The stored estimator; unpickling runs code, so a trusted key must have signed it."""
        stored = versions.content(raw, self.name, self.version)
        if not holds_estimator(stored.kind):
            raise errors.TrainingError(
                f"{stored.label} came as {stored.kind}, which nothing can be fitted like", "Name a class."
            )
        require_signature(raw, self.name, self.version, stored.sha256, stored.interface)
        return model_file.load(model_file.File(f"the stored file of {stored.label}", stored.artifact, stored.kind))[0]


def _like(raw: psycopg.Connection[Any], name: str, recipe: Recipe) -> tuple[_Version, dict[str, Any]]:
    """The version to be like, and the output that the new one has."""
    if recipe.like:
        like = _named(name, recipe.like)
    else:
        known = versions.versions(raw, name)
        serving = [one.version for one in known if one.deployed]
        newest = [one.version for one in known]
        if not newest:
            versions.require_model(raw, name)
        like = _Version(name, (serving or newest)[-1])
    return like, versions.show(raw, like.name, like.version).output


def _named(name: str, said: str) -> _Version:
    model, _, number = said.rpartition("@")
    if not number.isdigit():
        raise errors.TrainingError(f"[estimator] like is {said!r}", f'Write like = "{name}@1".')
    return _Version(model, int(number))


def _likes(raw: psycopg.Connection[Any], name: str, recipe: Recipe, like: _Version) -> dict[str | None, Any]:
    """The estimators that the recipe would have clones of."""
    wanted = {maker.like for maker in recipe.makers if maker.clones}
    return {said: (like if said is None else _named(name, said)).estimator(raw) for said in wanted}


def _made_before(raw: psycopg.Connection[Any], name: str, recipe: Recipe, data: Dataset) -> Trained | None:
    for made in database.named(raw, "trainings", name=name):
        if made["sha256"] == data.sha256 and made["recipe"] == _kept(recipe):
            shown = versions.show(raw, name, made["version"])
            measures, inputs = dict(shown.metrics or {}), data.inputs.head(EXAMPLES)
            return Trained(name, shown.version, True, measures, len(data.rows), data.sha256, None, inputs=inputs)
    return None


def _kept(recipe: Recipe) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in recipe.as_dict().items()}


def _store(
    raw: psycopg.Connection[Any],
    name: str,
    recipe: Recipe,
    data: Dataset,
    fitted: fitting.Fitted,
    output: dict[str, Any],
    note: str | None,
    verdict: gate.Verdict | None,
) -> Trained:
    with database.translated(), raw.transaction():
        database.value(raw, "lock_model", name=name)
        before = _made_before(raw, name, recipe, data)
        if before:
            return before
        added = add_model(
            raw,
            name,
            fitted.estimator,
            sample=data.inputs.iloc[fitted.test],
            output=str(output["label"]) if "label" in output else None,
            metrics=fitted.measures,
            note=note or "made by a recipe",
        )
        made = {
            "recipe": _kept(recipe),
            "as_of": data.as_of.isoformat(),
            "horizon": f"{data.horizon.total_seconds()} seconds",
            "rows": len(data.rows),
            "first_at": data.rows["_at"].iloc[0].isoformat(),
            "last_at": data.rows["_at"].iloc[-1].isoformat(),
            "sha256": data.sha256,
            "libraries": {"python": platform.python_version()} | {one: installed(one) for one in LIBRARIES},
            "candidates": fitted.candidates or None,
        }
        database.value(raw, "remember_training", name=name, version=added.version, made=Jsonb(made))
    return Trained(
        name,
        added.version,
        False,
        fitted.measures,
        len(data.rows),
        data.sha256,
        verdict,
        fitted.candidates,
        estimator=fitted.estimator,
        inputs=data.inputs.head(EXAMPLES),
    )


def _begin(raw: psycopg.Connection[Any], name: str, version: int, recipe: Recipe, note: str) -> None:
    said = dict(recipe.promote)
    strategy = said.pop("strategy", None)
    if strategy in (None, "recreate"):
        deploy(raw, name, version, note=note)
    else:
        start_strategy(raw, name, version, Strategy(strategy, **said), note=note)
