"""A version as a Python module that needs the standard library alone, judged by a Python without packages."""

from __future__ import annotations

import pprint
import re
import textwrap
from importlib import resources
from typing import Any

import psycopg

from dbml._plpython import portable
from dbml._plpython.plan import loads
from dbml.models.exports import javascript, standalone
from dbml.models.exports.checking import Stored
from dbml.models.exports.plan import plan_of

_HEAD = '''"""{label}, written by dbml: score(row), for Python 3.9 or newer without any package."""

from __future__ import annotations

from types import SimpleNamespace

nan, inf = float("nan"), float("inf")


class Refused(ValueError):
    """The model refuses a row, as the estimator would."""

'''

_TAIL = '''

_score = score
interface = {interface}


def score(row):
    """The score of a row, such as {{"plan": "basic", "months": 3}}; None is what is unknown.

    :raises Refused: the model refuses the row, or it lacks a feature.
    """
    numbers, texts = [], []
    for feature in interface["features"]:
        name = feature["name"]
        if name not in row:
            raise Refused(f'feature "{{name}}" is missing; give None for what is unknown')
        value = row[name]
        if feature["kind"] == "text":
            if value is not None and not isinstance(value, str):
                raise Refused(f'feature "{{name}}" is text, not {{value!r}}')
            texts.append(value)
        else:
            try:
                numbers.append(None if value is None else float(value))
            except (TypeError, ValueError, OverflowError):
                raise Refused(f'feature "{{name}}" is a number, not {{value!r}}') from None
    return _score(numbers, texts)
'''


def make(_: psycopg.Connection[Any], stored: Stored) -> bytes:
    """Write the module, and have a Python without packages score golden and hurtful rows by it."""
    module = written(stored)
    standalone.by_python(stored, module)
    return module.encode()


def written(stored: Stored) -> str:
    """The module.

    :raises ExportError: the version has no plan.
    """
    source = portable.source(loads(plan_of(stored)))
    helpers = _helpers(source)
    interface = pprint.pformat(javascript.interface(stored), width=110, sort_dicts=False)
    return "\n".join(
        [
            _HEAD.format(label=stored.label),
            *helpers,
            source,
            _TAIL.format(interface=interface),
            stored.beside.get("python", ""),
        ]
    )


def _helpers(source: str) -> list[str]:
    """The modules of the runtime that code names, and those that they name, each after what it needs."""
    found: list[str] = []
    for name in ("hashing", "gaps", "near", "lanes", "kernels", "masks", "optional", "ieee"):
        if f"{name}." in source:
            found.insert(0, _namespace(name))
            source += found[0]
    return found


def _namespace(name: str) -> str:
    """A module of the runtime as one name."""
    text = resources.files("dbml._plpython").joinpath(f"{name}.py").read_text(encoding="utf-8")
    # What it imports of the runtime are names of the module already.
    text = re.sub(r"^from (__future__|\.) .*\n", "", text, flags=re.MULTILINE)
    body = textwrap.indent(text, "    ")
    return f"def _{name}():\n{body}\n    return SimpleNamespace(**locals())\n\n\n{name} = _{name}()\n"
