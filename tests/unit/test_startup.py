"""The command line opens at once: help needs click and nothing else, and a public name is loaded when it is asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import click
import pytest

import dbml
from dbml.cli import main

HEAVY = {"alembic", "cryptography", "joblib", "numpy", "pandas", "psycopg", "rich", "sklearn", "sqlalchemy", "sqlglot"}

# Runs one statement in a fresh interpreter, and says on its last line which heavy modules it has loaded.
PROGRAM = """
import json, sys
{statement}
print()
print(json.dumps(sorted(set(sys.modules) & set({heavy}))))
"""


def loaded(statement: str) -> tuple[str, list[str]]:
    program = PROGRAM.format(statement=statement, heavy=sorted(HEAVY))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    output, _, last = done.stdout.rstrip().rpartition("\n")
    return output, json.loads(last)


def commands(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command and group as it is typed, without ``dbml``."""
    below = command.commands if isinstance(command, click.Group) else {}
    return [path, *(found for name, each in below.items() for found in commands(each, (*path, name)))]


@pytest.mark.parametrize("path", commands(main), ids=" ".join)
def test_help_loads_nothing_heavy(path: tuple[str, ...]) -> None:
    statement = f"from dbml.cli import main; main.main({[*path, '--help']!r}, 'dbml', standalone_mode=False)"
    output, heavy = loaded(statement)
    assert output.startswith(f"Usage: {' '.join(['dbml', *path])}")
    assert heavy == []


def test_a_list_of_commands_shows_whole_sentences() -> None:
    for path in commands(main):
        command: Any = main
        for name in path:
            command = command.commands[name]
        if isinstance(command, click.Group):
            with click.Context(command, info_name="dbml", terminal_width=80) as context:
                assert "..." not in command.get_help(context).partition("Commands:")[2]


def test_a_name_is_loaded_when_it_is_asked_for() -> None:
    assert loaded("import dbml; from dbml import errors")[1] == []
    assert loaded("from dbml import Profile, spec")[1] == ["sqlglot"]
    # Deploying asks a server; it has no use for a library of models, nor for one that runs migrations.
    assert (
        set(loaded("from dbml import deploy, rollback, reconcile")[1]) & {"alembic", "pandas", "sklearn", "sqlalchemy"}
        == set()
    )


def test_every_public_name_is_there() -> None:
    assert set(dbml.__all__) <= set(dir(dbml))
    for name in dbml.__all__:
        assert getattr(dbml, name).__doc__, name
    from dbml import install

    assert dbml.install is install
    with pytest.raises(AttributeError, match="instal'"):
        dbml.instal  # noqa: B018
