"""Which engine serves a version: each is tried inside the server before anything is stored for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from dbml import database, errors
from dbml.schema.install import probe

# The fastest first.
ENGINES = ("sql", "portable", "python")
# Two engines whose measured costs are not further apart cost the same: then the one that needs less is taken.
NOISE = 2.0


@dataclass(frozen=True)
class Trial:
    """What the engines did inside the server: engine → report, cost, or why it cannot run this version.

    :param unsigned: why the engine ``python`` could not even be tried, where it was left as the only one.
    """

    parity: dict[str, Any]
    cost: dict[str, Any]
    refusals: dict[str, str]
    unsigned: errors.DbmlError | None = None


def try_engines(
    raw: psycopg.Connection[Any],
    row: dict[str, Any],
    sign: Callable[[], bool],
    unsigned: errors.DbmlError | None,
    refusals: dict[str, str],
    candidates: Sequence[str],
) -> Trial:
    """Store the version for a moment, and score its golden and hurtful rows by each engine that may serve it."""
    trial = Trial({}, {}, {engine: why for engine, why in refusals.items() if engine in candidates})
    left = [engine for engine in candidates if engine not in refusals]
    if not left:
        return trial
    with raw.transaction(force_rollback=True):
        database.named(raw, "add_version", **row, engine=left[-1], parity=Jsonb({}), cost=Jsonb({}))
        sign()
        for engine in left:
            if engine == "python" and trial.cost:
                continue  # an estimator itself is never the cheapest
            if engine == "python" and unsigned:
                return replace(trial, unsigned=unsigned)
            asked = {"name": row["name"], "version": row["version"], "engine": engine}
            try:
                with raw.transaction():
                    database.named(raw, "prepare", **asked)
                    cost = database.named(raw, "measure", **asked)[0]
                    report = database.named(raw, "verify_engine", **asked)[0]
            except psycopg.Error as error:
                message = error.diag.message_primary or str(error)
                report, cost = {"rows": 0, "differing": 0, "error": message.removeprefix("plpy.Error: ")}, None
            trial.parity[engine] = report
            if report["differing"] or cost is None:
                trial.refusals[engine] = _differs(report)
            else:
                trial.cost[engine] = cost
    return trial


def choose(
    version: str,
    engine: str,
    plpython: bool,
    trial: Trial,
    raw: psycopg.Connection[Any],
    libraries: dict[str, Any],
) -> str:
    """Take the engine with the lowest measured cost among those that answer as the estimator."""
    if trial.cost:
        least = min(float(cost["warm_us"]) for cost in trial.cost.values())
        return next(one for one in ENGINES if one in trial.cost and trial.cost[one]["warm_us"] <= NOISE * least)
    if trial.unsigned:
        raise needs_signature(version, trial.unsigned)
    if "python" in trial.parity:
        differing = differing_library(raw, libraries)
        raise _parity_error(version, trial.parity["python"], differing)
    if engine == "auto" and not plpython:
        raise errors.ServerError(
            f"{version} cannot run without PL/Python, and this database has none: {trial.refusals['sql']}",
            "dbml doctor names the package to install; then run dbml install again.",
        )
    if engine == "auto":
        raise errors.ArtifactError(
            f"{version} cannot run: {trial.refusals['portable']}; engine python is out, for {trial.refusals['python']}",
            "Fit a model of the classes in docs/support.md, or add one as a joblib file, which engine python runs.",
        )
    raise errors.ArtifactError(
        f"{version} cannot run on engine {engine}: {trial.refusals[engine]}",
        "Leave --engine away: the best engine that answers as the estimator is taken.",
    )


def no_plpython(engine: str) -> errors.ServerError:
    """What to say where an engine was asked for that needs PL/Python."""
    return errors.ServerError(
        f"engine {engine} needs PL/Python, and this database has none",
        "dbml doctor names the package to install; then run dbml install again.",
    )


def _differs(report: dict[str, Any]) -> str:
    if not report["differing"]:
        return str(report["error"])
    because = f" ({report['error']})" if report["error"] else f", by up to {report['largest_difference']:.3g}"
    return (
        f"it differs from the estimator on {report['differing']} of {report['rows']} rows{because}; "
        f"the worst is golden row {report['worst_row']}"
    )


def differing_library(raw: psycopg.Connection[Any], libraries: dict[str, Any]) -> str | None:
    """How the server's scikit-learn differs from the model's; None where it does not, or nobody may ask."""
    row = database.named(raw, "is_superuser")[0]
    if not row["superuser"]:
        return None
    path = {r["name"]: r["value"] for r in database.named(raw, "settings")}.get("python_path")
    server = probe(raw, path)["packages"]["scikit-learn"]
    mine = libraries.get("scikit-learn")
    if server == mine:
        return None
    return f"the model was made with scikit-learn {mine}, the server has {server or 'none'}"


def _parity_error(version: str, report: dict[str, Any], differing: str | None) -> errors.ParityError:
    because = f" ({differing})" if differing else ""
    if report["error"]:
        return errors.ParityError(
            f"{version} cannot be scored inside the server{because}: {report['error']}",
            "dbml doctor tells what the server lacks. Nothing was stored.",
        )
    return errors.ParityError(
        f"{version} scores {report['differing']} of {report['rows']} golden rows differently inside the server"
        f"{because}; golden row {report['worst_row']} is {report['largest_difference']:.3g} off",
        "Fit the model with the server's scikit-learn, or install the model's on the server. Nothing was stored.",
    )


def needs_signature(version: str, unsigned: errors.DbmlError) -> errors.DbmlError:
    """What to say of a version that only the engine ``python`` can run, and nobody has signed."""
    message = f"{version} is for engine python, which runs only what is signed, and {unsigned.message}"
    return type(unsigned)(message, unsigned.hint)


def candidates(engine: str, plpython: bool) -> tuple[str, ...]:
    """The engines to try, the fastest first."""
    if engine != "auto":
        return (engine,)
    return ENGINES if plpython else ("sql",)
