"""Gets the backend ready to import numpy and scikit-learn: where they live, and one thread only."""

from __future__ import annotations

import os
import sys
from typing import Any

from .protocol import Plpy

# A backend is one thread: PostgreSQL's signal handlers must not run in another one's.
THREAD_SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # pandas imports pyarrow where it is installed, and pyarrow's allocator starts a thread that tidies up.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


def prepare(plpy: Plpy) -> None:
    """Set one thread before numpy starts its pools, and add the folder that the owner has set."""
    os.environ.update(THREAD_SETTINGS)
    for row in plpy.execute("select s.value from dbml.setting s where s.name = 'python_path'"):
        if row["value"] not in sys.path:
            # Last: the folder serves where the server's own path lacks a package.
            sys.path.append(row["value"])


def limit_threads() -> Any:
    """Limit every thread pool already loaded to one thread, for as long as the answer is kept."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)


def force_one_job(estimator: Any) -> None:
    """Set ``n_jobs`` to 1 on an estimator and on every fitted estimator inside it."""
    seen: set[int] = set()
    waiting: list[Any] = [estimator]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple)):
            waiting.extend(item)
        elif hasattr(item, "get_params") and hasattr(item, "__dict__"):
            if item.__dict__.get("n_jobs", 1) != 1:
                item.n_jobs = 1
            waiting.extend(item.__dict__.values())
