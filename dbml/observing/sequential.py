"""Arithmetic of a test that one may look at as often as one likes, as the server's ``dbml._sequential`` has it."""

from __future__ import annotations

from typing import Any

import numpy as np

ALPHA = 0.05


def evidence(difference: Any, variance: Any, effect: Any) -> Any:
    """The evidence against no difference, which by chance alone exceeds 1/a with a probability of a at most, ever.

    The mixture sequential probability ratio test (Robbins 1970; Johari, Koomen, Pekelis and Walsh 2022) with a normal
    prior of deviation ``effect`` over the true difference.

    :param difference: of two means; a number or an array.
    :param variance: of that difference.
    :param effect: the size of a difference that is of interest, in the units of the means.
    """
    total = variance + effect**2
    return np.sqrt(variance / total) * np.exp(
        np.minimum(effect**2 * np.square(difference) / (2 * variance * total), 700)
    )


def half_width(variance: Any, effect: float, alpha: float = ALPHA) -> Any:
    """Half of the interval around a difference that holds the true one at every look but for ``alpha`` of all cases."""
    total = variance + effect**2
    return np.sqrt(variance * total / effect**2 * (2 * np.log(1 / alpha) + np.log(total / variance)))
