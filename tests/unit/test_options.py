"""What no option of any command takes, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from dbml.cli import main
from dbml.cli.shared import named_number, version_number


def parameters(command: click.Command, path: str = "dbml") -> Iterator[tuple[str, click.ParamType]]:
    """Every option and argument of a command and of those below it."""
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            below = command.get_command(click.Context(command), name)
            assert below
            yield from parameters(below, f"{path} {name}")
    yield from ((f"{path} {parameter.name}", parameter.type) for parameter in command.params)


def test_a_number_is_finite_and_a_file_has_a_name() -> None:
    wrong = {click.types.FloatParamType: ("nan", "inf", "-inf"), click.Path: ("",)}
    asked = 0
    for name, kind in parameters(main):
        for value in next((values for each, values in wrong.items() if isinstance(kind, each)), ()):
            with pytest.raises(click.BadParameter):
                pytest.fail(f"{name} takes {kind.convert(value, None, None)!r}")
            asked += 1
    assert asked > 40


@pytest.mark.parametrize("text", ["churn@²", "churn@", "@1", "churn@-1", "churn@1.0"])
def test_a_version_is_a_number(text: str) -> None:
    with pytest.raises(click.UsageError, match="NAME@VERSION"):
        version_number(text)


@pytest.mark.parametrize("text", ["auc=nan", "auc=inf", "auc", "auc="])
def test_a_measure_is_a_number(text: str) -> None:
    with pytest.raises(click.UsageError, match="NAME=NUMBER"):
        named_number(text)
