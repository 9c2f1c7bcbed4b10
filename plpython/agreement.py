"""Are two scores the same score? The one bound that every comparison keeps, in Python; ``dbml._agrees`` is it in SQL.

Runs inside the server as well: standard library only.
"""

from __future__ import annotations

import math

# The second part is what double arithmetic itself leaves open when sums are taken in another order: it is as much as an
# estimator's own answer may differ with the rows beside it (exp() of a sum near 700 makes 1e-13 of a last digit), and
# outweighs the first for answers beyond LARGE.
RELATIVE = 1e-12
LARGE = 1000.0
ABSOLUTE = RELATIVE * LARGE


def agree(expected: float | None, answer: float | None) -> bool:
    """Tell whether ``answer`` is at most 1e-9, and 1e-12 of ``expected``, away from it.

    None stands for a refused row and agrees with None alone; NaN and an infinity agree with themselves alone.
    """
    if expected is None or answer is None:
        return expected is answer
    if expected == answer or (expected != expected and answer != answer):
        return True
    return abs(answer - expected) <= RELATIVE * (LARGE + abs(expected)) < math.inf
