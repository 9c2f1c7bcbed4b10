"""What is installed is what stands in the repository."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_package_is_shipped() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    shipped = {name for name in listed if not name.startswith("dbml._")}
    assert shipped == {".".join(file.parent.relative_to(ROOT).parts) for file in (ROOT / "dbml").rglob("*.py")}
