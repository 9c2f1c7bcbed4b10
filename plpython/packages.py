"""Gets the backend ready to import numpy and scikit-learn: where they live, and one thread only."""

from __future__ import annotations

import os
import sys
from typing import Any

from .protocol import Plpy

THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def prepare(plpy: Plpy) -> None:
    """Set one thread before numpy starts its pools, and add the folder that the owner has set."""
    for setting in THREAD_SETTINGS:
        os.environ[setting] = "1"
    for row in plpy.execute("select s.value from dbml.setting s where s.name = 'python_path'"):
        if row["value"] not in sys.path:
            # Last: the folder serves where the server's own path lacks a package.
            sys.path.append(row["value"])


def limit_threads() -> Any:
    """Limit every thread pool already loaded to one thread, for as long as the answer is kept."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)
