"""What the run must show: each bound beside what was measured. Nothing here fails a build."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

# model → the contestant whose bound it is, and the least share of the floor's inserts a second.
OURS = {
    "lr": ("sql_lr", 0.90),
    "gbm": ("portable_gbm", 0.85),
    "hist": ("portable_hist", 0.80),
    "rf": ("portable_rf", 0.65),
}
_SHORT = {"lr": "LR", "gbm": "GBM 100×3", "hist": "HistGB 100", "rf": "RF 200"}
# contestant → at most so many milliseconds, and megabytes.
SESSIONS = {"sql_lr": (10, 2), "portable_gbm": (40, 15), "portable_rf": (80, 40)}


@dataclass(frozen=True)
class Bound:
    """One line of the table; `value` is None where it was not measured.

    :param error: the value's standard error, where it is a median over rounds.
    """

    figure: str
    value: float | None
    bound: float
    unit: str = "×"
    at_least: bool = True
    error: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether it holds; None where it was not measured."""
        if self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON takes it."""
        return {**asdict(self), "met": self.met}


def ratio(one: Mapping[str, float] | None, other: Mapping[str, float] | None) -> float | None:
    """Median of the ratios of the rounds in which both took part: what drifts with time drops out."""
    both = _of_rounds(one, other)
    return statistics.median(both) if both else None


def error(one: Mapping[str, float] | None, other: Mapping[str, float] | None) -> float | None:
    """Standard error of :func:`ratio`, from the middle 68 % of the rounds, which is two sigma of a normal density f.

    A median m of n values varies by 1 / (4 n f(m)²) (asymptotically), which is pi / 2 times sigma² / n.
    """
    both = _of_rounds(one, other)
    if len(both) < 10:
        return None
    cuts = statistics.quantiles(both, n=100)
    return math.sqrt(math.pi / 2 / len(both)) * (cuts[83] - cuts[15]) / 2


def _of_rounds(one: Mapping[str, float] | None, other: Mapping[str, float] | None) -> list[float]:
    return [one[number] / other[number] for number in one if number in other] if one and other else []


def above(figures: Mapping[str, list[float]], schema: str) -> float | None:
    """Median of a contestant's figures less the floor's own."""
    if not figures.get(schema) or not figures.get("floor"):
        return None
    return statistics.median(figures[schema]) - statistics.median(figures["floor"])


def table(results: Mapping[str, Any]) -> list[Bound]:
    """Every bound with its figure."""
    inserts, called = results["inserts"], results["inserts_by_psycopg"]
    clients = sorted({number for rates in inserts.values() for number in rates}, key=int)

    def rates(group: Mapping[str, Any], schema: str, number: str) -> Mapping[str, float] | None:
        found: Mapping[str, float] | None = group.get(schema, {}).get(number)
        return found

    lines = []
    for model, (schema, least) in OURS.items():
        for number in clients:
            both = rates(inserts, schema, number), rates(inserts, "floor", number)
            figure = f"inserts/s, {_SHORT[model]} ÷ the floor, {_clients(number)}"
            lines.append(Bound(figure, ratio(*both), least, error=error(*both)))
    for model, (schema, _) in OURS.items():
        for number in clients:
            both = rates(inserts, schema, number), rates(inserts, f"obvious_{model}", number)
            figure = f"inserts/s, {_SHORT[model]} ÷ its obvious trigger, {_clients(number)}"
            lines.append(Bound(figure, ratio(*both), 30, error=error(*both)))
    for number in clients:
        value = ratio(rates(called, "portable_gbm", number), rates(called, "service_gbm", number))
        lines.append(Bound(f"inserts/s, GBM 100×3 ÷ the FastAPI service, {_clients(number)}", value, 10))
    for schema, (milliseconds, _) in SESSIONS.items():
        value = above(results["first_insert_ms"], schema)
        lines.append(Bound(f"first insert over the floor's, {schema}", value, milliseconds, " ms", at_least=False))
    for schema, (_, megabytes) in SESSIONS.items():
        value = above(results["memory_mb"], schema)
        lines.append(Bound(f"memory a session adds, {schema}", value, megabytes, " MB", at_least=False))
    scans = results["many_rows"]
    value = ratio(scans["seconds"].get("fetch and predict lr"), scans["seconds"].get("score() lr"))
    lines.append(Bound(f"score() over {scans['rows']:,} rows, LR, against fetching and predicting", value, 3))
    wrong = [report for kind in ("stored", "scans") for report in results["fidelity"][kind].values() if report["ours"]]
    value = float(sum(report["differing"] + report["unscored"] for report in wrong)) if wrong else None
    checked = sum(report["rows"] for report in wrong)
    lines.append(Bound(f"rows off by more than 1e-9, all engines, of {checked:,}", value, 0, "", at_least=False))
    return lines


def ceilings(results: Mapping[str, Any]) -> dict[str, float]:
    """What the ratios of inserts are where nothing is computed: figure and clients → ratio."""
    inserts = results["inserts"]
    found = {}
    for number in sorted({number for rates in inserts.values() for number in rates}, key=int):
        pairs = {
            "a constant on the engine portable ÷ the floor": ("portable_constant", "floor"),
            **{
                f"{without} ÷ the obvious trigger of {_SHORT[model]}": (schema, f"obvious_{model}")
                for schema, without in (("bare", "no trigger at all"), ("counter", "a counter by hand, no score"))
                for model in OURS
            },
        }
        for figure, (one, other) in pairs.items():
            value = ratio(inserts.get(one, {}).get(number), inserts.get(other, {}).get(number))
            if value is not None:
                found[f"{figure}, {_clients(number)}"] = value
    return found


def left(results: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """What a bound leaves for a model's function: microseconds of a core, over a call that returns a constant.

    A model at its bound takes 1 / bound times as long as the floor, and a constant takes 1 / its own ratio.

    :returns: contestant → clients → microseconds; below zero, calling Python takes more than the bound allows.
    """
    inserts = results["inserts"]
    found: dict[str, dict[str, float]] = {}
    for schema, least in OURS.values():
        if schema not in results["functions_us"]:
            continue
        for number, rates in inserts["floor"].items():
            constant = ratio(inserts.get("portable_constant", {}).get(number), rates)
            if constant is not None:
                floor = 1e6 * min(int(number), results["environment"]["cores"]) / statistics.median(rates.values())
                found.setdefault(schema, {})[number] = floor * (1 / least - 1 / constant)
    return found


def _clients(number: str) -> str:
    return f"{number} client" + ("" if number == "1" else "s")
