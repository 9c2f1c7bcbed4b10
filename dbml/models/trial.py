"""Which engine serves a version: each that may is tried inside the server, on the version's golden and hurtful rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from dbml import database, errors
from dbml.models.engines import ENGINES
from dbml.models.version import Cost, Verification
from dbml.schema.install import probe

# Two engines whose measured costs are not further apart cost the same: then the one that needs less is taken.
NOISE = 2.0
DOCTOR = "dbml doctor names the package to install; then run dbml install again."


@dataclass
class Trial:
    """What the engines did inside the server.

    :param version: such as ``churn@3``.
    :param refusals: engine → why it cannot run this version.
    :param unsigned: why the engine ``python`` was not even tried, where it was left as the only one.
    """

    version: str
    refusals: dict[str, str]
    unsigned: errors.DbmlError | None = None
    parity: dict[str, Verification] = field(default_factory=dict)
    cost: dict[str, Cost] = field(default_factory=dict)

    @property
    def fastest(self) -> str | None:
        """The engine with the lowest measured cost among those that answer as the estimator; None where none does."""
        least = min((cost.warm_us for cost in self.cost.values()), default=0.0)
        return next((one for one in ENGINES if one in self.cost and self.cost[one].warm_us <= NOISE * least), None)

    @property
    def passed_over(self) -> list[str]:
        """Why the engines before the fastest were not taken, in sentences without an end."""
        before = ENGINES[: ENGINES.index(self.fastest)] if self.fastest else ENGINES
        return [f"not on engine {one}: {self.refusals[one]}" for one in before if one in self.refusals]

    @property
    def documents(self) -> dict[str, Jsonb]:
        """Parity and cost as they are stored."""
        return {
            "parity": Jsonb({engine: dict(report) for engine, report in self.parity.items()}),
            "cost": Jsonb({engine: dict(cost) for engine, cost in self.cost.items()}),
        }


def candidates(engine: str, plpython: bool) -> tuple[str, ...]:
    """The engines to try, the fastest first.

    :param engine: what was asked for: an engine, or ``auto``.
    :raises ArtifactError: there is no such engine.
    :raises ServerError: it needs PL/Python, and the server has none.
    """
    if engine not in ("auto", *ENGINES):
        raise errors.ArtifactError(f'there is no engine "{engine}"', f"Engines are auto, {', '.join(ENGINES)}.")
    if engine in ("portable", "python") and not plpython:
        raise errors.ServerError(f"engine {engine} needs PL/Python, and this database has none", DOCTOR)
    if engine != "auto":
        return (engine,)
    return ENGINES if plpython else ("sql",)


def run(
    raw: psycopg.Connection[Any],
    name: str,
    version: int,
    engines: Sequence[str],
    refusals: Mapping[str, str],
    unsigned: errors.DbmlError | None = None,
) -> Trial:
    """Score a stored version's golden and hurtful rows by each of these engines that may serve it.

    What the fastest needed for it stays; what the others needed is taken back.
    """
    trial = Trial(f"{name}@{version}", {one: why for one, why in refusals.items() if one in engines}, unsigned)
    for engine in engines:
        if engine in trial.refusals or (engine == "python" and trial.cost):
            continue  # an estimator itself is never the cheapest
        if engine == "python" and unsigned:
            break
        by = {"name": name, "version": version, "engine": engine}
        try:
            with raw.transaction():
                database.value(raw, "prepare", **by)
                cost = database.rows(raw, Cost, "measure", **by)[0]
                report = database.rows(raw, Verification, "verify_engine", **by)[0]
                trial.parity[engine] = report
                if report.differing:
                    trial.refusals[engine] = _differs(report)
                else:
                    trial.cost[engine] = cost
                if trial.fastest != engine:
                    raise psycopg.Rollback
        except psycopg.errors.InsufficientPrivilege:
            raise  # of the one who asks, and no fault of the engine
        except psycopg.Error as error:
            message = (error.diag.message_primary or str(error)).removeprefix("plpy.Error: ")
            trial.parity[engine] = Verification(0, 0, 0.0, None, message)
            trial.refusals[engine] = message
    return trial


def choose(
    raw: psycopg.Connection[Any], trial: Trial, engine: str, plpython: bool, libraries: Mapping[str, str]
) -> str:
    """Take the fastest engine, or say why there is none.

    :param engine: what was asked for: an engine, or ``auto``.
    :param libraries: of the version.
    :raises UnsignedModel: it is ``python``, and nobody whose key counts has signed the version.
    :raises ParityError: the server's scores are not the estimator's own.
    :raises ServerError: the engines that might need PL/Python, and the server has none.
    :raises ArtifactError: none can run it, or not the one that was asked for.
    """
    if trial.fastest:
        return trial.fastest
    if trial.unsigned:
        raise needs_signature(trial.version, trial.unsigned)
    if "python" in trial.parity:
        raise _parity_error(trial.version, trial.parity["python"], differing_library(raw, libraries))
    if engine != "auto":
        raise errors.ArtifactError(
            f"{trial.version} cannot run on engine {engine}: {trial.refusals[engine]}",
            "Leave --engine away: the best engine that answers as the estimator is taken.",
        )
    if not plpython:
        raise errors.ServerError(
            f"{trial.version} cannot run without PL/Python, and this database has none: {trial.refusals['sql']}",
            DOCTOR,
        )
    raise errors.ArtifactError(
        f"{trial.version} cannot run: {trial.refusals['portable']}; "
        f"engine python is out, for {trial.refusals['python']}",
        "Fit a model of the classes in docs/support.md, or add one as a joblib file, which engine python runs.",
    )


def needs_signature(version: str, unsigned: errors.DbmlError) -> errors.DbmlError:
    """What to say of a version that only the engine ``python`` can run, and nobody has signed."""
    message = f"{version} is for engine python, which runs only what is signed, and {unsigned.message}"
    return type(unsigned)(message, unsigned.hint)


def differing_library(raw: psycopg.Connection[Any], libraries: Mapping[str, str]) -> str | None:
    """How the server's scikit-learn differs from the model's; None where it does not, or nobody may ask."""
    if not database.value(raw, "is_superuser"):
        return None
    server = probe(raw, database.value(raw, "python_path"))["packages"]["scikit-learn"]
    mine = libraries.get("scikit-learn")
    if server == mine:
        return None
    return f"the model was made with scikit-learn {mine}, the server has {server or 'none'}"


def _differs(report: Verification) -> str:
    because = f" ({report.error})" if report.error else f", by up to {report.largest_difference:.3g}"
    return (
        f"it differs from the estimator on {report.differing} of {report.rows} rows{because}; "
        f"the worst is golden row {report.worst_row}"
    )


def _parity_error(version: str, report: Verification, differing: str | None) -> errors.ParityError:
    because = f" ({differing})" if differing else ""
    if report.error:
        return errors.ParityError(
            f"{version} cannot be scored inside the server{because}: {report.error}",
            "dbml doctor tells what the server lacks. Nothing was stored.",
        )
    return errors.ParityError(
        f"{version} scores {report.differing} of {report.rows} golden rows differently inside the server"
        f"{because}; golden row {report.worst_row} is {report.largest_difference:.3g} off",
        "Fit the model with the server's scikit-learn, or install the model's on the server. Nothing was stored.",
    )
