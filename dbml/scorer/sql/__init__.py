"""Plan → SQL: the engine ``sql``.

A plan becomes two expressions. ``careful`` gives the plan's exact answer for every row, refusals included, by
calls of functions that compute as IEEE 754 has it. ``fast`` is plain arithmetic that the planner inlines into
triggers and queries, behind guards: conditions on the row under which no operation of PostgreSQL can raise and
none differs from IEEE's. Rows that the guards turn away (a missing value that nobody imputes, infinity, 1e300)
have NULL from it, and go to ``careful``. Which guards suffice is worked out from the plan, by bounding every
node's values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dbml.scorer.plan import Unsupported
from dbml.scorer.sql import careful, fast
from dbml.scorer.sql import text as write
from dbml.scorer.sql.text import Bound, TooLarge

__all__ = ["Expression", "TooLarge", "render"]

# Measured: see docs/notes/expressions.md. The greater one is for servers where no other engine runs.
OPERATIONS_AT_MOST = 250
OPERATIONS_ALONE = 2500
CAREFUL_CHARACTERS_AT_MOST = 1_000_000

# Operations and functions of plans that nobody has written in SQL, and why.
_ERROR_FUNCTION = ", because PostgreSQL has no error function before version 16"
NOT_IN_SQL = {
    "ndtr": _ERROR_FUNCTION,
    "ndtri": _ERROR_FUNCTION,
    **dict.fromkeys(
        (
            "apart",
            "arccosh",
            "arcsinh",
            "arctanh",
            "bag",
            "exp32",
            "hashed",
            "imputed",
            "kernel",
            "modulo",
            "near",
            "replace",
            "term",
            "vote",
            "weighted_median",
            "within",
        ),
        "",
    ),
}

_OPERATION = re.compile(r"'(?:[^']|'')*'|[-+*/<>=]+|\b(?:when|is|in|and|or|not)\b|[a-z0-9_.]+\(|array\[|::float4")


@dataclass(frozen=True)
class Expression:
    """A plan as SQL, in pieces: text, input, text, input, …, text.

    Inputs are ``"n0"``, ``"n1"``, … (numbers), ``"r0"``, … (the same numbers in their columns' own types) and
    ``"t0"``, … (texts) in the plan's numbering; where they stand is always between parentheses. A number may be NULL,
    which is missing.

    :param fast: for triggers and queries: the score, or NULL where only ``careful`` knows; never raises.
    :param careful: the score, or SQLSTATE DB013 where the estimator refuses the row.
    """

    fast: list[str]
    careful: list[str]


def render(plan: Mapping[str, Any], at_most: int = OPERATIONS_AT_MOST, label: str = "the model") -> Expression:
    """Write a plan down.

    :param at_most: how many operations ``fast`` may have.
    :param label: who refuses a row, such as ``churn@1``.
    :raises TooLarge: the expression would cost more at each transaction's start than it is worth.
    :raises Unsupported: PostgreSQL lacks one of the functions.
    """
    for node in plan["nodes"]:
        missing = node["name"] if node["op"] == "function" else node["op"]
        if missing in NOT_IN_SQL:
            raise Unsupported(f"{missing} in SQL{NOT_IN_SQL[missing]}")
    inputs = sum(node["op"] == "number" for node in plan["nodes"])
    if inputs > at_most:
        raise TooLarge(f"the expression has more than {inputs} operations, and more than {at_most} slow inserts down")
    exact = careful.expression(plan, label, Bound(CAREFUL_CHARACTERS_AT_MOST).text)
    plain = fast.expression(plan)
    operations = count_operations(plain)
    if operations > at_most:
        raise TooLarge(f"the expression has {operations} operations, and more than {at_most} slow inserts down")
    return Expression(write.split(plain), write.split(exact))


def count_operations(expression: str) -> int:
    """How many operations PostgreSQL would prepare, nearly."""
    return sum(not found.startswith(("'", write.UNBOUNDED)) for found in _OPERATION.findall(expression))
