"""What the server's Python is and has, for ``dbml doctor``: asks metadata, imports none of it.

Runs by itself, before anything of dbml is installed: so it uses the standard library alone.
"""

from __future__ import annotations

import os
import sys
from importlib import metadata
from typing import Any

PACKAGES = ("numpy", "scikit-learn", "joblib", "pandas", "cryptography")
THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def facts(python_path: str | None) -> dict[str, Any]:
    """Describe the interpreter: version, what its code is kept under, packages (None where missing), threads."""
    if python_path and python_path not in sys.path:
        sys.path.append(python_path)
    versions: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        # As in compiled.py.
        "code": f"{sys.implementation.cache_tag} {sys.hexversion:x}",
        "packages": versions,
        "threads": {name: os.environ.get(name) for name in THREAD_SETTINGS},
    }
