"""The website names every page, and its references everything that is public."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import yaml

from website import pages

ROOT = Path(__file__).parents[2]


class Config(yaml.SafeLoader):
    """Reads over tags that only the site's builder understands."""


Config.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


def test_the_reference_of_sql_is_whole(db: psycopg.Connection[Any]) -> None:
    public = db.execute(
        "select 'dbml.' || proname from pg_proc where pronamespace = 'dbml'::regnamespace and proname !~ '^_'"
        " union all select 'dbml.' || relname from pg_class where relnamespace = 'dbml'::regnamespace and relkind = 'v' and relname !~ '^_'"
    ).fetchall()
    headings = [line.removeprefix("### ") for line in pages.reference()["sql"].splitlines() if line.startswith("### ")]
    assert sorted(headings) == sorted(name for (name,) in public)


def test_every_page_stands_in_the_navigation() -> None:
    def named(entry: Any) -> set[str]:
        if isinstance(entry, str):
            return {entry}
        return set().union(*map(named, entry.values() if isinstance(entry, dict) else entry))

    shown = named(yaml.load((ROOT / "website" / "mkdocs.yml").read_text(), Config)["nav"])
    written = {
        str(page.relative_to(ROOT))
        for pattern in ("docs/**/*.md", "*.md", "examples/**/*.md", "deploy/**/*.md")
        for page in ROOT.glob(pattern)
    }
    assert shown == written | {f"reference/{name}.md" for name in pages.reference()}
