"""Names of parity tests."""

from __future__ import annotations

import re
from typing import Any


def pytest_make_parametrize_id(config: Any, val: Any, argname: str) -> str | None:
    """An estimator as it prints itself, without the addresses of functions: every process must find one name."""
    return None if isinstance(val, (str, int, float)) else re.sub(r" at 0x[0-9a-f]+|\s+", " ", str(val)).strip()
