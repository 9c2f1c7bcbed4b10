"""The runtime inside the server: what it may use."""

from __future__ import annotations

import ast
import sys

import pytest

from dbml.schema import runtime

TEXTS = runtime.sources("loader", "probe", *runtime.MODULES)


@pytest.mark.parametrize("name", TEXTS)
def test_the_oldest_python_reads_it(name: str) -> None:
    ast.parse(TEXTS[name], feature_version=runtime.OLDEST_PYTHON)


@pytest.mark.parametrize(
    "name", ["plan", "ieee", "masks", "treecode", "portable", "compiled", "lanes", "near", "gaps", "kernels", "hashing"]
)
def test_the_engine_portable_needs_the_standard_library_alone(name: str) -> None:
    imported = {
        alias.name.partition(".")[0]
        for node in ast.walk(ast.parse(TEXTS[name]))
        for alias in (node.names if isinstance(node, ast.Import) else [])
    } | {
        (node.module or "").partition(".")[0]
        for node in ast.walk(ast.parse(TEXTS[name]))
        if isinstance(node, ast.ImportFrom) and node.level == 0
    }
    assert imported <= sys.stdlib_module_names
