"""The grammar of counters, and specs as data."""

from __future__ import annotations

import pytest

from dbml import Counter, Event, Prediction, Profile
from dbml.errors import SpecError
from dbml.profiles.aggregate import Aggregate, parse


@pytest.mark.parametrize(
    "text, parts",
    [
        ("count(*)", Aggregate("count", "*")),
        ("COUNT ( distinct lower(note) )", Aggregate("count", "lower(note)", distinct=True)),
        ("sum((a)) filter (where note in (')', 'x'))", Aggregate("sum", "(a)", condition="note in (')', 'x')")),
        ("last(f(a, b) order by coalesce(t, u))", Aggregate("last", "f(a, b)", order="coalesce(t, u)")),
        ("bool_or(a > 1)", Aggregate("bool_or", "a > 1")),
    ],
)
def test_what_is_kept(text: str, parts: Aggregate) -> None:
    assert parse(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "", "count", "count()", "count(", "sum(*)", "max(a, b)", "last(x)", "last(x order by t desc)", "min(x order by t)",
        "last(x order by )", "last(x order by t, u)", "sum(distinct x)", "count(distinct *)", "count(all x)", "stddev(x)",
        "count(*) x", "count(*) filter (a)", "count(*); drop table item", "count(*) over ()", "'open",
    ],
)  # fmt: skip
def test_what_is_refused(text: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse(text)
    assert refused.value.hint


def test_a_spec_survives_as_data() -> None:
    profile = Profile(
        "owner",
        ["tenant", "id"],
        [Prediction("m", "score", features={"a": "b + 1"})],
        [Event("item", ["t", "i"], {"n": "count(*)", "recent": Counter("count(*)", over="1 day", at="at")})],
    )
    assert Profile.from_dict(profile.as_dict()) == profile


@pytest.mark.parametrize("half", [{"over": "1 day"}, {"at": "created_at"}])
def test_a_window_has_both_its_parts(half: dict[str, str]) -> None:
    with pytest.raises(SpecError, match="only one of"):
        Counter("count(*)", **half)
