"""A plan's trees scored by LightGBM's C library. The text goes into a PL/Python function too: see :mod:`.library`."""

from collections.abc import Callable, Sequence
from typing import Any


def load(
    library: str,
    model: str,
    numbers: "Sequence[int]",
    texts: "Sequence[tuple[int, dict[str, int]]]",
    width: int,
    start: float,
    divisor: "float | None",
) -> "Callable[[Sequence[Any], Sequence[Any]], float]":
    """Load a model into the library, and return the function ``score(numbers, texts)``.

    The library's fast interface for one row, one buffer for all calls, no check of anything: as quick as it goes.

    :param model: in LightGBM's own text format.
    :param numbers: per column from the first, the place of its number in a row.
    :param texts: per text of a row, its place and the column of each category.
    :param divisor: of the sum of the trees; None for a sigmoid.
    """
    import ctypes
    import math
    import operator
    import struct

    lightgbm = ctypes.CDLL(library)
    lightgbm.LGBM_GetLastError.restype = ctypes.c_char_p
    booster, fast, count = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_int()
    if lightgbm.LGBM_BoosterLoadModelFromString(model.encode(), ctypes.byref(count), ctypes.byref(booster)):
        raise ValueError(lightgbm.LGBM_GetLastError().decode())
    # 1: the plain sum of the trees, all of them; and a row of doubles.
    if lightgbm.LGBM_BoosterPredictForMatSingleRowFastInit(
        booster, 1, 0, -1, 1, width, b"num_threads=1", ctypes.byref(fast)
    ):
        raise ValueError(lightgbm.LGBM_GetLastError().decode())
    row, length, answer = (ctypes.c_double * width)(), ctypes.c_int64(), (ctypes.c_double * 1)()
    given = [ctypes.c_void_p(ctypes.addressof(part)) for part in (row, length, answer)]
    predict, exp = lightgbm.LGBM_BoosterPredictForMatSingleRowFast, math.exp
    take = operator.itemgetter(*numbers)
    write = struct.Struct(f"{len(numbers)}d").pack_into

    def score(values: "Sequence[Any]", words: "Sequence[Any]") -> float:
        write(row, 0, *take(values))
        present = [columns[words[place]] for place, columns in texts if words[place] in columns]
        for column in present:
            row[column] = 1.0
        predict(fast, *given)
        for column in present:
            row[column] = 0.0
        found = start + answer[0]
        return 1.0 / (1.0 + exp(-found)) if divisor is None else found / divisor

    return score
