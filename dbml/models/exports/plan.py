"""A version as its plan: JSON, one node a line."""

from __future__ import annotations

import json
from typing import Any

import psycopg

from dbml import errors
from dbml._plpython import compiled, portable
from dbml._plpython.agreement import agree
from dbml._plpython.frame import to_wire
from dbml._plpython.plan import loads
from dbml.models.exports.checking import Stored


def make(_: psycopg.Connection[Any], stored: Stored) -> bytes:
    """Write the plan down, and have the function that is made of it score golden and hurtful rows."""
    document = written(stored)
    function = compiled.load(portable.compile_plan(loads(document)))

    def score(numbers: list[float | None], texts: list[str | None]) -> float | None:
        try:
            return float(function(numbers, texts))
        except compiled.Refused:
            return None

    rows = golden(stored)
    numbers, texts = to_wire(stored.interface, rows)
    confirm(stored, "plan", "the function made of it", [score(*row) for row in zip(numbers, texts, strict=True)])
    return document.encode()


def written(stored: Stored) -> str:
    """The plan with what its inputs are.

    :raises ExportError: the version has no plan.
    """
    plan = json.loads(plan_of(stored))
    head = {
        "model": stored.label,
        "features": [{"name": f["name"], "kind": f["kind"]} for f in stored.features],
        "score": stored.interface["output"],
        **{key: value for key, value in plan.items() if key not in ("nodes", "checks")},
    }
    lines = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    for key in ("nodes", "checks"):
        items = ",\n".join(f"  {json.dumps(item, ensure_ascii=False)}" for item in plan[key])
        lines.append(f' "{key}": [\n{items}\n ]' if items else f' "{key}": []')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def plan_of(stored: Stored) -> str:
    """The stored plan.

    :raises ExportError: there is none.
    """
    if stored.plan is None:
        raise errors.ExportError(
            f"{stored.label} has no plan: a part of it cannot be written down as plain data",
            "`dbml model show` says which part. Export it as joblib, or try pmml or onnx.",
        )
    return stored.plan


def golden(stored: Stored) -> list[Any]:
    """Golden rows, then the rows built to hurt."""
    return [*stored.golden["rows"], *stored.golden.get("hurtful_rows", [])]


def confirm(stored: Stored, form: str, evaluator: str, answers: list[float | None]) -> None:
    """Hold answers for golden and hurtful rows to the bound of the engines; None is a refusal.

    :raises ParityError: one is off.
    """
    truth = [*stored.golden["scores"], *stored.golden.get("hurtful_scores", [])]
    off = [i for i, (a, b) in enumerate(zip(truth, answers, strict=True)) if not agree(a, b)]
    if off:
        worst = max(off, key=lambda i: abs((answers[i] or 0.0) - (truth[i] or 0.0)))
        said = ["refuses it" if side[worst] is None else f"says {side[worst]!r}" for side in (answers, truth)]
        raise errors.ParityError(
            f"{stored.label} as {form} differs on {len(off)} of {len(truth)} golden rows: on golden row {worst} "
            f"{evaluator} {said[0]} and the model {said[1]}",
            "Nothing was written. Tell the authors of dbml: this is a fault of the export.",
        )
