"""What is installed is what stands in the repository."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_package_is_shipped() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    shipped = {name for name in listed if not name.startswith("dbml._")}
    assert shipped == {".".join(file.parent.relative_to(ROOT).parts) for file in (ROOT / "dbml").rglob("*.py")}


def test_the_roots_are_packaged() -> None:
    for root in ("sql", "plpython", "migrations"):
        assert (ROOT / "dbml" / f"_{root}").resolve() == ROOT / root


def test_no_module_is_hidden_by_a_verb() -> None:
    from dbml import install
    from dbml.schema import install as module

    assert callable(install)
    assert callable(module.uninstall)
