"""What deploy/ starts is what the command line has."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dbml.cli import main

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
# `dbml …` inside a shell's line: up to what ends a command.
IN_A_SHELL = re.compile(r"\bdbml ((?:\$?[\w\"$./{}@:=,-]+ ?)+)")


def check(words: list[str]) -> None:
    """Follow a command line as click would, without running it."""
    command: click.Command = main
    rest = list(words)
    while isinstance(command, click.Group):
        name = rest.pop(0)
        assert name in command.commands, f"there is no command {name}: {words}"
        command = command.commands[name]
    options = {flag: o for o in command.params if isinstance(o, click.Option) for flag in (*o.opts, *o.secondary_opts)}
    while rest:
        word = rest.pop(0)
        if word.startswith("-"):
            flag, given, _ = word.partition("=")
            assert flag in options, f"{command.name} has no option {flag}: {words}"
            if not options[flag].is_flag and not given:
                assert rest, f"{flag} lacks its value: {words}"
                rest.pop(0)


def in_shell(text: str) -> Iterator[list[str]]:
    for found in IN_A_SHELL.findall(text):
        yield found.split()


def commands_of_compose() -> Iterator[tuple[str, list[str]]]:
    for name, service in COMPOSE["services"].items():
        if service["image"].startswith("dbml:") and "entrypoint" not in service:
            yield name, service["command"]
        for line in service.get("entrypoint", []):
            for words in in_shell(line):
                yield name, words


def test_compose_runs_what_there_is() -> None:
    found = list(commands_of_compose())
    assert {name for name, _ in found} == {"migrate", "demo", "worker", "token", "service", "metrics"}
    for _, words in found:
        check(words)


def test_the_init_script_runs_what_there_is() -> None:
    found = [
        words
        for line in (DEPLOY / "images" / "install-dbml.sh").read_text().splitlines()
        if not line.lstrip().startswith("#")
        for words in in_shell(line)
    ]
    assert {words[0] for words in found} == {"install", "key"}
    for words in found:
        check(words)


def test_the_constraints_are_ours() -> None:
    """Each package that dbml declares has a pin that it takes."""
    lines = (DEPLOY / "images" / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    dockerfile = (DEPLOY / "images" / "Dockerfile").read_text()
    extras = re.findall(r"^ARG EXTRAS=(.*)$", dockerfile, re.M)[0].split(",")
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *(line for e in extras for line in project["optional-dependencies"][e])]
    for requirement in map(Requirement, declared):
        if requirement.name != "dbml":
            assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_a_mounted_file_is_there() -> None:
    for source in (v.split(":")[0] for s in COMPOSE["services"].values() for v in s.get("volumes", [])):
        assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
