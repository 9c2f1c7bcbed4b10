"""A hint names the next command, and that command is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click

from dbml import errors
from dbml.cli import main

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"\bdbml((?: [a-z][a-z-]*)+)")
KINDS = {kind.__name__ for kind in errors.DbmlError.__subclasses__()}


def hints() -> Iterator[tuple[str, str]]:
    """Every hint in the sources, with the file that it stands in."""
    for file in sorted((ROOT / "dbml").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in KINDS:
                for said in [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "hint")]:
                    texts = [
                        n.value for n in ast.walk(said) if isinstance(n, ast.Constant) and isinstance(n.value, str)
                    ]
                    # What is filled in could be anything, and no command.
                    yield str(file), "X".join(texts)
    for file in sorted((ROOT / "sql").rglob("*.sql")):
        for said in re.findall(r"hint = (?:format\()?'((?:[^']|'')*)'", file.read_text(encoding="utf-8")):
            yield str(file), said


def is_command(words: list[str]) -> bool:
    command: click.Command | None = main
    for word in words:
        if not isinstance(command, click.Group):
            return True  # the rest is arguments or English
        command = command.commands.get(word)
        if command is None:
            return False
    return command is not main


def test_hints_name_commands_that_exist() -> None:
    found = [(file, words.split()) for file, hint in hints() for words in NAMED.findall(hint)]
    assert len(found) > 100
    assert [(file, " ".join(words)) for file, words in found if not is_command(words)] == []
