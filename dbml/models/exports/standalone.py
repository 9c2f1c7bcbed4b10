"""Exports that an application carries along: judged as it would run them, by node or by a Python without packages."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dbml import errors
from dbml._plpython import compiled, portable
from dbml._plpython.explanation import Explainer
from dbml._plpython.frame import to_wire
from dbml._plpython.plan import loads
from dbml.models.exports.checking import Stored
from dbml.models.exports.plan import confirm, golden, plan_of

# How far from the plan's own function an answer may be: absolute below 1, else this share of it.
BOUND = 1e-12
SECONDS = 300
ROWS_EXPLAINED = 20
EXPLAINED_WITHIN = 1e-9

_NODE = """
import { readFileSync } from "node:fs";
import * as model from "./MODEL";
const special = { NaN, Infinity, "-Infinity": -Infinity };
const lines = readFileSync(0, "utf8");
const answers = JSON.parse(lines).map((row) => {
  for (const { name, kind } of model.interface.features)
    if (kind !== "text" && row[name] in special) row[name] = special[row[name]];
  try {
    return model.score(row);
  } catch (error) {
    if (error.name !== "Refused") throw error;
    return null;
  }
});
process.stdout.write(JSON.stringify(answers));
"""

_EXPLAINS = """
import { readFileSync } from "node:fs";
import * as model from "./MODEL";
const rows = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(rows.map((row) => model.explain(row).contributions.map((c) => c.contribution))));
"""

_PYTHON = """
import json, sys
sys.path.insert(0, ".")
import model
special = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
numbers = [f["name"] for f in model.interface["features"] if f["kind"] != "text"]

def answer(row):
    row.update({name: special.get(row[name], row[name]) for name in numbers})
    try:
        return model.score(row)
    except model.Refused:
        return None

print(json.dumps([answer(row) for row in json.load(sys.stdin)]))
"""


def by_node(stored: Stored, module: str) -> None:
    """Have node score golden and hurtful rows by an ES module.

    :raises ExportError: there is no node, or it cannot run the module.
    :raises ParityError: an answer is off.
    """
    judge = _NODE.replace("MODEL", "model.mjs")
    _judged(stored, "js", "node", {"model.mjs": module, "judge.mjs": judge}, ["node", "judge.mjs"])


def explained_by_node(stored: Stored, module: str, explainer: Explainer) -> None:
    """Have node explain some golden rows by an ES module.

    :raises ExportError: it cannot run the module.
    :raises ParityError: a contribution is off.
    """
    rows = stored.golden["rows"][:ROWS_EXPLAINED]
    judge = _EXPLAINS.replace("MODEL", "model.mjs")
    answers = _ran(stored, "js", "node", {"model.mjs": module, "judge.mjs": judge}, ["node", "judge.mjs"], rows)
    numbers, texts = to_wire(stored.interface, rows)
    for place, found in enumerate(answers):
        truth = explainer.row(numbers[place], texts[place], "margin").contributions
        off = max((abs(a - b) / max(1.0, abs(b)) for a, b in zip(found, truth, strict=True)), default=0.0)
        if not off <= EXPLAINED_WITHIN:
            raise errors.ParityError(
                f"{stored.label} as js explains golden row {place} otherwise than the plan, by {off:.3g}",
                "Nothing was written. Tell the authors of dbml: this is a fault of the export.",
            )


def by_python(stored: Stored, module: str) -> None:
    """Have a Python without any package score golden and hurtful rows by a module.

    :raises ExportError: it cannot run the module.
    :raises ParityError: an answer is off.
    """
    command = [sys.executable, "-I", "-S", "judge.py"]
    _judged(stored, "python", "Python", {"model.py": module, "judge.py": _PYTHON}, command)


def _judged(stored: Stored, form: str, evaluator: str, files: dict[str, str], command: Sequence[str]) -> None:
    rows = golden(stored)
    answers: list[float | None] = _ran(stored, form, evaluator, files, command, rows)
    confirm(stored, form, evaluator, answers)
    _near(stored, form, evaluator, rows, answers)


def _ran(
    stored: Stored, form: str, evaluator: str, files: dict[str, str], command: Sequence[str], rows: Sequence[Any]
) -> list[Any]:
    """What a program says of rows, which it gets as objects by the names of features."""
    names = [feature["name"] for feature in stored.features]
    given = json.dumps([dict(zip(names, row, strict=True)) for row in rows])
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        try:
            done = subprocess.run(  # noqa: S603
                command, cwd=folder, input=given, capture_output=True, encoding="utf-8", timeout=SECONDS, check=True
            )
        except FileNotFoundError as error:
            raise errors.ExportError(
                f"the format {form} is judged by {evaluator}, and {command[0]} is not here",
                "Install it: apt-get install nodejs, or https://nodejs.org. Nothing was written.",
            ) from error
        except (subprocess.SubprocessError, OSError) as error:
            said = str(getattr(error, "stderr", None) or error).strip().splitlines() or [type(error).__name__]
            raise errors.ExportError(
                f"{evaluator} cannot run {stored.label} as {form}: {said[-1][:200]}",
                "Nothing was written. Tell the authors of dbml: this is a fault of the export.",
            ) from error
    answers: list[Any] = json.loads(done.stdout)
    return answers


def _near(stored: Stored, form: str, evaluator: str, rows: Sequence[Any], answers: Sequence[float | None]) -> None:
    """Hold answers to those of the plan's own function, more closely than engines are held to the estimator's."""
    function = compiled.load(portable.compile_plan(loads(plan_of(stored))))
    numbers, texts = to_wire(stored.interface, rows)
    for place, answer in enumerate(answers):
        try:
            truth = function(numbers[place], texts[place])
        except compiled.Refused:
            continue
        if answer is not None and abs(answer - truth) > BOUND * max(1.0, abs(truth)):
            raise errors.ParityError(
                f"{stored.label} as {form} differs on golden row {place}: {evaluator} says {answer!r}, "
                f"the plan {truth!r}",
                "Nothing was written. Tell the authors of dbml: this is a fault of the export.",
            )
