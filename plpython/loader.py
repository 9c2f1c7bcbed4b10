"""Registers the runtime's modules from their sources; ``dbml/bundle.py`` puts them into one function.

The package name carries the sources' hash, so a session opened before an upgrade finds the new package at
its next call, and keeps no module of the old one.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType

PREFIX = "dbml_runtime_"


class _Sources(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    def __init__(self, package: str, sources: dict[str, str]) -> None:
        self.package = package
        self.sources = {package: ""} | {f"{package}.{name}": text for name, text in sources.items()}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.sources:
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=fullname == self.package)

    def get_source(self, fullname: str) -> str:
        return self.sources[fullname]

    def is_package(self, fullname: str) -> bool:
        return fullname == self.package


def register(package: str, sources: dict[str, str]) -> None:
    """Make ``package`` importable from ``sources`` (module name to text), and forget other runtimes."""
    for finder in [f for f in sys.meta_path if getattr(f, "package", "").startswith(PREFIX)]:
        sys.meta_path.remove(finder)
    for name in [n for n in sys.modules if n.startswith(PREFIX) and n.partition(".")[0] != package]:
        del sys.modules[name]
    sys.meta_path.append(_Sources(package, sources))
