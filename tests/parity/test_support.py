"""The support table says what is there, and nothing stands in it untested."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from dbml.scorer import support
from dbml.scorer.sklearn.lowering import OPTIONAL
from dbml.scorer.sklearn.registry import PREDICTORS, TRANSFORMERS


def test_the_page_is_current() -> None:
    assert all(map(importlib.util.find_spec, OPTIONAL)), "without one of them the page has a row less"
    page = Path(__file__).parents[2] / "docs" / "support.md"
    assert page.read_text(encoding="utf-8") == support.table(), "python -m dbml.scorer.support > docs/support.md"


def test_each_row_is_tested() -> None:
    support.families()
    tests = " ".join(file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    names = {each.__name__ for each in (*PREDICTORS, *TRANSFORMERS)}
    assert {name for name in names if not re.search(rf"\b{name}\b", tests)} == set()
