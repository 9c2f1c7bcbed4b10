"""The pages: links lead somewhere, README is short, and the page of commands lists what the command line has."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import click
import pytest

from benchmarks import picture
from dbml.cli import main
from dbml.errors import DbmlError

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md"), *ROOT.glob("tests/**/*.md")]
)
README = ROOT / "README.md"
# A link or a picture; not what stands in code.
LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def links(page: Path) -> list[str]:
    """Relative links of a page."""
    found = LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(page: Path) -> set[str]:
    """What a heading is called in a link, as GitHub makes it."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_can_be_reached_from_readme() -> None:
    reached, waiting = {README}, [README]
    while waiting:
        page = waiting.pop()
        for link in links(page):
            file = link.partition("#")[0]
            target = (page.parent / file).resolve() if file else page
            target = target / "README.md" if target.is_dir() else target
            if target.suffix == ".md" and target not in reached:
                reached.add(target)
                waiting.append(target)
    assert {name(page) for page in PAGES if page.is_relative_to(ROOT / "docs")} <= {name(page) for page in reached}


def test_the_files_that_contributing_names_are_there() -> None:
    """Paths in code, but for those with a gap to fill, such as ``<family>``."""
    paths = re.findall(r"`(\w+(?:/[\w.]+)+)`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert len(paths) > 20
    assert [path for path in paths if "NNNN" not in path and not (ROOT / path).exists()] == []


def test_readme_is_two_screens() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


def test_readme_has_the_figures_of_the_summary() -> None:
    figures = json.loads(picture.SUMMARY.read_text(encoding="utf-8"))
    _, _, rest = README.read_text(encoding="utf-8").partition(picture.BEGIN)
    assert rest.partition(picture.END)[0] == picture.table(figures), "python -m benchmarks.picture"


def test_the_page_of_architecture_names_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    files = [file for file in (ROOT / "dbml").iterdir() if not file.name.startswith("_") and file.suffix in ("", ".py")]
    assert [file.stem for file in files if f"`dbml.{file.stem}`" not in page] == []


def commands(command: click.Command, path: str) -> dict[str, click.Command]:
    """Every command as it is typed, groups left out."""
    if not isinstance(command, click.Group):
        return {path: command}
    return {key: one for n, each in command.commands.items() for key, one in commands(each, f"{path} {n}").items()}


def test_the_page_of_commands_lists_every_command_with_its_options() -> None:
    lines = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8").splitlines()
    cells = [cell.replace(r"\|", "|") for line in lines for cell in re.findall(r"^\| `(dbml .+?)` \|", line)]
    expected = commands(main, "dbml")
    listed: dict[str, set[str]] = {path: set() for path in expected}
    for cell in cells:
        path = max((path for path in expected if f"{cell} ".startswith(f"{path} ")), key=len, default=cell)
        assert path in expected, f"there is no {cell}"
        listed[path] |= set(re.findall(r"--[a-z-]+", cell))
    for path, command in expected.items():
        assert any(f"{cell} ".startswith(f"{path} ") for cell in cells), f"{path} is not listed"
        has = {option for each in command.params for option in each.opts if option.startswith("--")}
        # Every command takes --dsn, which the page says once; -o is how a file is named.
        assert listed[path] == has - {"--dsn", "--output-file"}, path


def typed(page: Path) -> list[str]:
    """Every command of dbml's in a page's blocks for a shell, without comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    pieces = [
        piece.strip() for line in lines for piece in re.split(r"&&|\|\||[;|](?= )", re.sub(r"(^|\s)#.*", "", line))
    ]
    return [piece.partition("dbml ")[2] for piece in pieces if re.match(r"([A-Z_]+=\S+ )*dbml ", piece)]


SHELL = [(page, line) for page in PAGES for line in typed(page)]


@pytest.mark.parametrize(("page", "line"), SHELL, ids=lambda one: name(one) if isinstance(one, Path) else None)
def test_what_a_page_types_is_a_command(page: Path, line: str) -> None:
    command: click.Command = main
    words = shlex.split(line)
    while isinstance(command, click.Group):
        assert words and words[0] in command.commands, line
        command = command.commands[words.pop(0)]
    said = ""
    try:
        command.make_context("dbml", words)
    except click.UsageError as error:
        said = error.format_message()
    assert not said or "does not exist" in said, line  # but for files, which the reader has


def test_the_page_of_errors_lists_every_sqlstate() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| (DB\d{3}) \| `(\w+)` \|", page, re.MULTILINE))
    assert listed == {kind.sqlstate: kind.__name__ for kind in DbmlError.__subclasses__()}
    texts = [*(ROOT / "sql").rglob("*.sql"), *(ROOT / "plpython").rglob("*.py")]
    raised = {code for text in texts for code in re.findall(r"\bDB\d{3}\b", text.read_text(encoding="utf-8"))}
    assert raised <= set(listed)
