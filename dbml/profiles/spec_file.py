"""A spec as a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dbml.errors import SpecError, nearest
from dbml.profiles.learn import Learn
from dbml.profiles.outcome import Outcome
from dbml.profiles.publication import Publication
from dbml.profiles.spec import Event, Prediction, Profile


def read(path: Path | str) -> Profile:
    """Read a spec file.

    :raises SpecError: no such file, no TOML, an unknown or missing key.
    """
    path = Path(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(f"cannot read the spec {path}: {error.strerror}", "Give the path of a TOML file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path} is not TOML: {error}", "Compare with the example in the README.") from error
    _check(
        document,
        path,
        "the spec",
        required={"profile": dict},
        optional={"prediction": list, "event": list, "outcome": list, "publish": list, "learn": list},
    )
    profile = document["profile"]
    _check(profile, path, "[profile]", required={"table": str, "key": (str, list)}, optional={"bucket_column": str})
    predictions = []
    for entry in document.get("prediction", []):
        _check(
            entry,
            path,
            "[[prediction]]",
            required={"model": str, "column": str},
            optional={
                "version_column": str,
                "scored_at_column": str,
                "on_error": str,
                "features": dict,
                "log": (str, float, int),
                "output": str,
                "of": str,
                "outputs": dict,
                "holdout": (float, int),
                "mode": str,
                "explain": (float, int),
            },
        )
        for column, held in entry.get("outputs", {}).items():
            if isinstance(held, dict):
                _check(held, path, f'output "{column}"', required={"output": str}, optional={"of": str})
            elif not isinstance(held, str):
                raise SpecError(
                    f'{path}: output "{column}" is not the name of an output in quotes',
                    f'Write it as {column} = "label".',
                )
        predictions.append(Prediction(**entry))
    events = []
    for entry in document.get("event", []):
        _check(
            entry,
            path,
            "[[event]]",
            required={"table": str, "key": (str, list), "counters": dict},
            optional={"mode": str},
        )
        for name, counter in entry["counters"].items():
            if isinstance(counter, dict):
                where = f'counter "{name}"'
                _check(counter, path, where, required={"aggregate": str}, optional={"over": str, "at": str})
            elif not isinstance(counter, str):
                raise SpecError(
                    f'{path}: counter "{name}" is not an aggregate in quotes', f'Write it as {name} = "count(*)".'
                )
        events.append(Event(**entry))
    outcomes = []
    for entry in document.get("outcome", []):
        _check(
            entry,
            path,
            "[[outcome]]",
            required={"model": str, "key": (str, list), "value": str},
            optional={
                **dict.fromkeys(("table", "query", "otherwise", "at", "horizon", "better"), str),
                "effect": (float, int),
            },
        )
        outcomes.append(Outcome(**entry))
    publications = []
    for entry in document.get("publish", []):
        _check(
            entry,
            path,
            "[[publish]]",
            required={"model": str},
            optional={
                **dict.fromkeys(("topic", "to"), str),
                **dict.fromkeys(("decile", "label", "version"), bool),
                "threshold": (int, float, list),
            },
        )
        publications.append(Publication(**entry))
    lessons = []
    for entry in document.get("learn", []):
        _check(
            entry,
            path,
            "[[learn]]",
            required={"model": str, "table": str, "key": (str, list), "value": str},
            optional={"how": str, "every": int, "within": str, "together": int, "guard": (float, int)},
        )
        lessons.append(Learn(**entry))
    return Profile(
        **profile,
        predictions=predictions,
        events=events,
        outcomes=outcomes,
        publications=publications,
        lessons=lessons,
    )


def _check(
    entry: Any,
    path: Path,
    where: str,
    *,
    required: Mapping[str, Any],
    optional: Mapping[str, Any] | None = None,
) -> None:
    known = {**required, **(optional or {})}
    if not isinstance(entry, dict):
        raise SpecError(f"{path}: {where} is not a table", "Compare with the example in the README.")
    for key, value in entry.items():
        if key not in known:
            raise SpecError(
                f'{path}: {where} has an unknown key "{key}"',
                f"Known are {', '.join(known)}.{nearest(key, known)}",
            )
        if not isinstance(value, known[key]):
            raise SpecError(f'{path}: "{key}" in {where} has the wrong type', "Compare with the example in the README.")
    for key in required:
        if key not in entry:
            raise SpecError(f'{path}: {where} lacks the key "{key}"', f'Add {key} = "…".')
