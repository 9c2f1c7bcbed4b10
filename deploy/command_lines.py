"""Whether a command line is one that dbml has, without running it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence

import click

from dbml.cli import main


def in_shell(text: str) -> Iterator[list[str]]:
    """The words behind each `dbml` in lines of a shell."""
    for line in text.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        for command in split_at(list(lexer), lambda word: set(word) <= set("();<>|&")):
            if "dbml" in command:
                yield command[command.index("dbml") + 1 :]


def split_at(words: list[str], ends: Callable[[str], bool]) -> Iterator[list[str]]:
    """Parts between the words that end one."""
    part: list[str] = []
    for word in words:
        if ends(word):
            yield part
            part = []
        else:
            part.append(word)
    yield part


def wrong(words: Sequence[str]) -> str | None:
    """Say what dbml would not take of the words behind `dbml`; None if it takes them."""
    command: click.Command = main
    rest = list(words)
    while isinstance(command, click.Group):
        name = rest.pop(0) if rest else ""
        if name not in command.commands:
            return f"there is no command {name!r}: dbml {' '.join(words)}"
        command = command.commands[name]
    options = {flag: o for o in command.params if isinstance(o, click.Option) for flag in (*o.opts, *o.secondary_opts)}
    places = sum(1 if p.nargs > 0 else 99 for p in command.params if isinstance(p, click.Argument))
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            places -= 1
            if places < 0:
                return f"{word!r} is one too many: dbml {' '.join(words)}"
            continue
        flag, given, value = word.partition("=")
        if flag not in options:
            return f"there is no option {flag}: dbml {' '.join(words)}"
        if options[flag].is_flag:
            continue
        if not given:
            if not rest:
                return f"{flag} lacks its value: dbml {' '.join(words)}"
            value = rest.pop(0)
        if "$" not in value:
            try:
                options[flag].type.convert(value, options[flag], None)
            except click.BadParameter as error:
                return f"{flag}: {error.message}"
    return None
