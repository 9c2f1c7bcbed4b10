"""numpy for a single row: where the server has it and it pays; never needed."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# From so many calls on numpy is worth its import, which takes as long as a hundred of them.
_CALLS_THAT_PAY = 100
_calls = [0]
_packages: list[Any] = []


def numpy() -> Any:
    """numpy, where it is here and this session has it already or calls often; else None. It has one thread."""
    if _packages:
        return _packages[0]
    _calls[0] += 1
    if "numpy" not in sys.modules and _calls[0] < _CALLS_THAT_PAY:
        return None
    try:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        import numpy as np

        _packages.append(np)
    except Exception:  # it may be there and not work
        _packages.append(None)
    return _packages[0]
