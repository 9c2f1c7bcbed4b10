"""Operations as they stand in a revision file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbml.alembic import operations as ops
from dbml.alembic.declaration import Release
from dbml.profiles.learn import Learn
from dbml.profiles.outcome import Outcome
from dbml.profiles.output import SCORE, Output, output
from dbml.profiles.publication import Publication
from dbml.profiles.spec import Counter, Event, Prediction, Profile

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_INDENT = "    "


def register() -> None:
    """Tell Alembic how each operation is written."""
    from alembic.autogenerate.render import renderers

    for kind, text in _TEXTS.items():
        renderers.dispatch_for(kind)(text)


def _call(name: str, arguments: Iterable[str]) -> str:
    """A call, on one line where it fits."""
    parts = list(arguments)
    line = f"{name}({', '.join(parts)})"
    if len(line) <= 100 and "\n" not in line:
        return line
    return f"{name}(\n" + "".join(f"{_indented(part)},\n" for part in parts) + ")"


def _indented(text: str) -> str:
    return "\n".join(_INDENT + line for line in text.split("\n"))


def _given(values: dict[str, Any], defaults: dict[str, Any]) -> list[str]:
    return [f"{key}={value!r}" for key, value in values.items() if value != defaults.get(key)]


def _op(context: AutogenContext) -> str:
    return str(context.opts["alembic_module_prefix"] or "")


def _install(context: AutogenContext, op: ops.InstallDbmlOp) -> str:
    return _call(f"{_op(context)}install_dbml", _given({"python_path": op.python_path}, {}))


def _uninstall(context: AutogenContext, op: ops.UninstallDbmlOp) -> str:
    return _call(f"{_op(context)}uninstall_dbml", _given({"python_path": op.python_path}, {}))


def _release(context: AutogenContext, name: str, release: Release) -> str:
    values = {
        "version": release.version,
        "sha256": release.sha256,
        "sample": None if release.sample is None else Path(release.sample).as_posix(),
        "output": release.output,
        "engine": release.engine,
        "metrics": dict(release.metrics),
        "note": release.note,
        "trust": list(release.trust),
        "types": dict(release.types),
    }
    given = _given(values, {"engine": "auto", "metrics": {}, "trust": [], "types": {}})
    return _call(f"{_op(context)}{name}", [repr(release.name), repr(Path(release.path).as_posix()), *given])


def _add_model(context: AutogenContext, op: ops.AddModelOp) -> str:
    return _release(context, "add_model", op.release)


def _remove_model(context: AutogenContext, op: ops.RemoveModelOp) -> str:
    return _release(context, "remove_model", op.release)


def _deployment(context: AutogenContext, name: str, op: ops.DeployModelOp | ops.UndeployModelOp) -> str:
    given = _given({"note": op.note, "changes": op.changes, "rescore": op.rescore}, {"changes": [], "rescore": True})
    return _call(f"{_op(context)}{name}", [repr(op.name), repr(op.version), *given])


def _deploy_model(context: AutogenContext, op: ops.DeployModelOp) -> str:
    return _deployment(context, "deploy_model", op)


def _undeploy_model(context: AutogenContext, op: ops.UndeployModelOp) -> str:
    return _deployment(context, "undeploy_model", op)


def _attach_profile(context: AutogenContext, op: ops.AttachProfileOp) -> str:
    given = _given({"backfill": op.backfill, "trust": op.trust}, {"backfill": False, "trust": False})
    return _call(f"{_op(context)}attach_profile", [_profile(context, op.profile), *given])


def _detach_profile(context: AutogenContext, op: ops.DetachProfileOp) -> str:
    given = _given({"backfill": op.backfill, "trust": op.trust}, {"backfill": True, "trust": False})
    return _call(f"{_op(context)}detach_profile", [_profile(context, op.profile), *given])


def _alter_profile(context: AutogenContext, op: ops.AlterProfileOp) -> str:
    given = [f"was={_profile(context, op.was)}", *_given({"trust": op.trust}, {"trust": False})]
    return _call(f"{_op(context)}alter_profile", [_profile(context, op.profile), *given])


_TEXTS: dict[type[Any], Any] = {
    ops.InstallDbmlOp: _install,
    ops.UninstallDbmlOp: _uninstall,
    ops.AddModelOp: _add_model,
    ops.RemoveModelOp: _remove_model,
    ops.DeployModelOp: _deploy_model,
    ops.UndeployModelOp: _undeploy_model,
    ops.AttachProfileOp: _attach_profile,
    ops.DetachProfileOp: _detach_profile,
    ops.AlterProfileOp: _alter_profile,
}


def _profile(context: AutogenContext, profile: Profile) -> str:
    context.imports.add("from dbml import spec")
    given = [repr(profile.table), f"key={_key(profile.key)}"]
    if profile.predictions:
        given.append(_listed("predictions", [_prediction(prediction) for prediction in profile.predictions]))
    if profile.events:
        given.append(_listed("events", [_event(event) for event in profile.events]))
    if profile.outcomes:
        given.append(_listed("outcomes", [_outcome(outcome) for outcome in profile.outcomes]))
    if profile.publications:
        given.append(_listed("publications", [_publication(publication) for publication in profile.publications]))
    if profile.lessons:
        given.append(_listed("lessons", [_lesson(lesson) for lesson in profile.lessons]))
    given += _given({"bucket_column": profile.bucket_column}, {})
    return _call("spec.Profile", given)


def _key(key: tuple[str, ...]) -> str:
    return repr(key[0] if len(key) == 1 else key)


def _listed(name: str, items: list[str]) -> str:
    return f"{name}=[\n" + "".join(f"{_indented(item)},\n" for item in items) + "]"


def _prediction(prediction: Prediction) -> str:
    values = {
        "version_column": prediction.version_column,
        "scored_at_column": prediction.scored_at_column,
        "on_error": prediction.on_error,
        "features": dict(prediction.features),
        "log": prediction.log,
        "output": prediction.output,
        "of": prediction.of,
        "outputs": {column: _output(held) for column, held in prediction.outputs.items()},
        "holdout": prediction.holdout,
        "mode": prediction.mode,
        "explain": prediction.explain,
    }
    given = _given(values, {"on_error": "keep", "features": {}, "output": SCORE, "outputs": {}})
    return _call("spec.Prediction", [repr(prediction.model), repr(prediction.column), *given])


def _output(said: Output | str | Mapping[str, str]) -> str | dict[str, str]:
    held = output(said)
    return held.output if held.of is None else held.as_dict()


def _event(event: Event) -> str:
    counters = "counters={\n" + "".join(f"{_INDENT}{n!r}: {_counter(c)},\n" for n, c in event.counters.items()) + "}"
    mode = _given({"mode": event.mode}, {})
    return _call("spec.Event", [repr(event.table), f"key={_key(event.key)}", counters, *mode])


def _outcome(outcome: Outcome) -> str:
    values = {
        "value": outcome.value,
        "table": outcome.table,
        "query": outcome.query,
        "otherwise": outcome.otherwise,
        "at": outcome.at,
        "horizon": outcome.horizon,
        "better": outcome.better,
        "effect": outcome.effect,
    }
    given = [f"key={_key(outcome.key)}", *_given(values, {"better": "low"})]
    return _call("spec.Outcome", [repr(outcome.model), *given])


def _publication(publication: Publication) -> str:
    usual = {one.name: one.default for one in fields(Publication)} | {"topic": f"dbml.{publication.model}"}
    values = {name: getattr(publication, name) for name in usual if name != "model"}
    return _call("spec.Publication", [repr(publication.model), *_given(values, usual)])


def _lesson(lesson: Learn) -> str:
    usual = {one.name: one.default for one in fields(Learn)}
    values = {name: getattr(lesson, name) for name in usual if name not in ("model", "key")}
    return _call("spec.Learn", [repr(lesson.model), f"key={_key(lesson.key)}", *_given(values, usual)])


def _counter(counter: Counter) -> str:
    if counter.over is None:
        return repr(counter.aggregate)
    return _call("spec.Counter", [repr(counter.aggregate), f"over={counter.over!r}", f"at={counter.at!r}"])
