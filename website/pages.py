"""Lays out the pages that the site is built from: those of the repository, and references made from the code."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from dbml import database
from dbml.cli import main

ROOT = Path(__file__).parents[1]
PAGES = ("*.md", "docs/**/*.md", "docs/pictures/*", "examples/**/*.md", "deploy/**/*.md", "tests/**/*.md")
CREATED = re.compile(
    r"^create (?:or replace )?(?:function|view) (dbml\.[a-z]\w*)(.*?)(?=^(?:language|as)\b| as$)", re.M | re.S
)
# Of a function with its types; a comment may go on in a further literal on the next line.
SAID = re.compile(
    r"^comment on (?:function|view) (dbml\.[a-z]\w*)(?:\(([^)]*)\))? is\s+'((?:[^']|''|'\s*\n\s*')*)';", re.M
)


def commands(command: click.Command, path: str) -> Iterator[str]:
    """A command's help, and those of the commands below it."""
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from commands(command.commands[name], f"{path} {name}")
        return
    with click.Context(command, info_name=path, terminal_width=100, max_content_width=100) as context:
        yield f"## {path}\n\n```text\n{command.get_help(context)}\n```\n"


def objects(kind: str) -> Iterator[str]:
    """The public functions or views, each with its signature and what its comment says."""
    for name in database.names(kind):
        text = database.text(name)
        for made, signature in CREATED.findall(text):
            taken = signature.strip().removeprefix("(").split(",")
            [comment, *_] = [
                re.sub(r"'\s*\n\s*'", "", comment).replace("''", "'")
                for commented, types, comment in SAID.findall(text)
                if commented == made
                and all(type_.strip() in argument for type_, argument in zip(types.split(","), taken, strict=False))
            ]
            called = f"```sql\n{made}{_laid_out(signature)}\n```\n\n" if kind == "function" else ""
            yield f"### {made}\n\n{called}{comment}\n"


def _laid_out(signature: str) -> str:
    """One line, or one for each argument and column where that is long."""
    line = " ".join(signature.split()).removesuffix(" as").replace("( ", "(").replace(" )", ")")
    return line if len(line) < 90 else line.replace(", ", ",\n    ")


def reference() -> dict[str, str]:
    """Pages by their names."""
    views, functions = sorted(objects("view")), sorted(objects("function"))
    return {
        "commands": "# Every command\n\n" + "\n".join(commands(main, "dbml")),
        "sql": "\n".join(
            (
                "# SQL\n\nFunctions whose names begin with an underscore are dbml's own.\n\n## Views\n",
                *views,
                "## Functions\n",
                *functions,
            )
        ),
        "python": "# Python\n\n::: dbml\n",
    }


def lay_out(folder: Path) -> None:
    """Fill a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for pattern in PAGES:
        for file in ROOT.glob(pattern):
            target = folder / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    (folder / "reference").mkdir()
    for name, text in reference().items():
        (folder / "reference" / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
