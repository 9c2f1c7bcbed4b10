"""What is installed is what stands in the repository."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
OURS = {"", "benchmarks", "dbml", "deploy", "matrix", "soak", "tests", "website"}


def test_every_package_is_shipped() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    shipped = {name for name in listed if not name.startswith("dbml._")}
    assert shipped == {".".join(file.parent.relative_to(ROOT).parts) for file in (ROOT / "dbml").rglob("*.py")}


def test_every_page_is_shipped() -> None:
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["data-files"]
    found = {file for patterns in shipped.values() for pattern in patterns for file in ROOT.glob(pattern)}
    assert {file for file in (ROOT / "docs").rglob("*") if file.is_file()} <= found
    # At the same places to each other, so that links between them lead on.
    for folder, patterns in shipped.items():
        for pattern in patterns:
            assert folder == "/".join(["share/doc/dbml", *Path(pattern).parent.parts])


def test_the_roots_are_packaged() -> None:
    for root in ("sql", "plpython", "migrations"):
        assert (ROOT / "dbml" / f"_{root}").resolve() == ROOT / root


def test_no_module_is_hidden_by_a_verb() -> None:
    from dbml import install
    from dbml.schema import install as module

    assert callable(install)
    assert callable(module.uninstall)


@pytest.mark.parametrize(
    "folder, extras",
    [
        ("dbml", ""),
        # What needs Spark is long, and `make test-long` adds it; and so on.
        ("tests", "demo test spark h2o optbinning skrub"),
        ("benchmarks", "demo test bench spark"),
        ("soak", "demo test"),
    ],
)
def test_what_is_imported_is_declared(folder: str, extras: str) -> None:
    """A package that only another's package brings is gone from a fresh machine when that one changes its mind."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]

    def declared(lines: list[str]) -> set[str]:
        found: set[str] = set()
        for requirement in map(Requirement, lines):
            if requirement.name == "dbml":
                found.update(*(declared(optional[extra]) for extra in requirement.extras))
            found.add(canonicalize_name(requirement.name))
        return found

    allowed = declared(project["dependencies"]).union(
        *(declared(optional[extra]) for extra in extras.split() or optional)
    )
    brought = packages_distributions()
    missing = {}
    for file in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            for top in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - OURS:
                if not allowed & set(map(canonicalize_name, brought.get(top, [top]))):
                    missing[top] = str(file.relative_to(ROOT))
    assert not missing
