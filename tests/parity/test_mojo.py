"""MOJO files of H2O as plans: the files beside were made by H2O, and ``tests/files/mojo/make.py`` says how.

H2O's own scorer takes 260 MB, so the long tests ask it. The quick ones ask :class:`Walker`, which reads a file in a way
of its own: node by node, as a row goes. What H2O's scorer has answered for some rows stands beside the files.
"""

from __future__ import annotations

import json
import math
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dbml.errors import ArtifactError, TooLarge
from dbml.models import artifact
from dbml.scorer import mojo, support
from dbml.scorer.mojo.archive import Archive
from tests.parity.harness import assert_parity

FILES = Path(__file__).parents[1] / "files" / "mojo"
NAMES = ("gbm", "drf", "glm", "logistic", "isolation")
ROWS = pd.read_json(FILES / "rows.json", precise_float=True, dtype={"plan": object, "region": object, "shop": object})
ANSWERS: dict[str, list[list[float]]] = json.loads((FILES / "answers.json").read_text(encoding="utf-8"))
OUTPUT = {"drf": "1"}


class Walker:
    """Answers as H2O's scorer does, by walking through the bytes of each tree with the row in hand."""

    def __init__(self, content: bytes, texts: Sequence[str], offset: str | None) -> None:
        self.archive, self.offset = Archive(content, 1 << 30), offset

    def answers(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        found = np.array([self.answer(row) for row in rows], dtype=float)
        if np.isnan(found).any():
            raise ValueError("H2O answers no number")
        return found

    def answer(self, row: Mapping[str, Any]) -> list[float]:
        archive = self.archive
        values = [self.coded(column, row[column.name]) for column in archive.features]
        if archive.info["algo"] == "glm":
            return self.linear(values)
        sums = [
            sum(self.walk(archive.bytes(f"trees/t{group:02d}_{number:03d}.bin"), values) for number in range(4))
            for group in range(int(archive.number("n_trees_per_class")))
        ]
        if archive.info["algo"] == "isolationforest":
            least, most = archive.number("min_path_length"), archive.number("max_path_length")
            return [(most - sums[0]) / (most - least), sums[0] / 4]
        if archive.info["algo"] == "drf":
            shares = [each / sum(sums) for each in sums]
            return [float(np.argmax(shares)), *shares]
        chance = 1 / (1 + math.exp(-(sums[0] + archive.number("init_f"))))
        return [float(chance >= archive.number("default_threshold")), 1 - chance, chance]

    @staticmethod
    def coded(column: Any, value: Any) -> float:
        if value is None or value != value:
            return math.nan
        if column.levels is None:
            return float(value)
        return float(column.levels.index(value)) if value in column.levels else math.nan

    @staticmethod
    def walk(tree: bytes, values: Sequence[float]) -> float:
        at = 0
        while True:
            form, column, missing = struct.unpack_from("<BHB", tree, at)
            at += 4
            value, test = values[column], form & 12
            inside = not math.isnan(value)
            if missing == 1:
                right = False
            elif test == 0:
                right = value >= struct.unpack_from("<f", tree, at)[0]
                at += 4
            else:
                first, count = (0, 32) if test == 8 else struct.unpack_from("<Hi", tree, at)
                at += 0 if test == 8 else 6
                place = int(value) - first if inside else -1
                inside = 0 <= place < count
                right = inside and bool(tree[at + place // 8] >> (place % 8) & 1)
                at += (count + 7) // 8
            if not inside:
                right = missing not in (2, 4)
            width = 0 if form & 16 else (form & 3) + 1
            if right:
                at += width + (4 if form & 16 else int.from_bytes(tree[at : at + width], "little"))
                leaf = bool(form & 64)
            else:
                at, leaf = at + width, bool(form & 16)
            if leaf:
                return float(struct.unpack_from("<f", tree, at)[0])

    def linear(self, values: list[float]) -> list[float]:
        archive = self.archive
        offset = values.pop() if self.offset else 0.0
        beta, edges = archive.numbers("beta"), [int(edge) for edge in archive.numbers("cat_offsets")]
        fills = [*archive.numbers("cat_modes"), *archive.numbers("num_means")]
        values = [fill if math.isnan(value) else value for value, fill in zip(values, fills, strict=True)]
        total = 0.0
        for place, value in enumerate(values):
            if place < len(edges) - 1:
                level = edges[place] + int(value) - (0 if archive.flag("use_all_factor_levels") else 1)
                total += beta[level] if edges[place] <= level < edges[place + 1] else 0.0
            else:
                total += beta[edges[-1] + place - (len(edges) - 1)] * value
        total += beta[-1] + offset
        if archive.info["link"] == "log":
            return [math.exp(total) if total < 709 else math.inf]
        chance = 1 / (1 + math.exp(-max(total, -700)))
        return [float(chance >= archive.number("default_threshold")), 1 - chance, chance]


def judged(file: Path, rows: pd.DataFrame) -> list[list[float]]:
    """What H2O's own scorer answers."""
    model = mojo.load(str(file), file.read_bytes(), 1 << 30)
    given = rows[list(model.feature_names_in_)].astype(object)
    answers: list[list[float]] = model.judge.answers(given.where(given.notna(), None).to_dict("records")).tolist()
    return answers


def more(seed: int = 5, count: int = 5_000) -> pd.DataFrame:
    """Rows with gaps, and with levels that fit never saw."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "spend": np.where(random.random(count) < 0.1, np.nan, random.lognormal(3, 2, count)),
            "calls": np.where(random.random(count) < 0.1, np.nan, random.integers(-3, 14, count).astype(float)),
            "plan": random.choice(["basic", "plus", "größer", "1", "new", "", None], count),
            "region": random.choice([*"NESWX", None], count),
            "shop": [f"s{number}" for number in random.integers(0, 50, count)],
            "exposure": random.normal(size=count),
        }
    )


@pytest.mark.parametrize("name", NAMES)
def test_parity(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mojo, "Judge", Walker)
    monkeypatch.setattr("dbml.models.file.version", lambda package: "1")
    walker = Walker((FILES / f"{name}.zip").read_bytes(), (), "exposure" if name == "glm" else None)
    rows = ROWS.astype(object).where(ROWS.notna(), None).to_dict("records")
    # A place for a second answer, which a value does not have, holds 0.
    told = [each[: len(walker.answer(row))] for row, each in zip(rows, ANSWERS[name], strict=True)]
    np.testing.assert_allclose([walker.answer(row) for row in rows], told, rtol=1e-12, atol=1e-12)
    assert_parity(FILES / f"{name}.zip", ROWS.head(40), tmp_path, OUTPUT.get(name), more(count=500))


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_by_h2o(name: str, tmp_path: Path) -> None:
    file = FILES / f"{name}.zip"
    assert judged(file, ROWS) == ANSWERS[name]
    assert_parity(file, ROWS.head(40), tmp_path, OUTPUT.get(name), more())


def test_what_it_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mojo, "Judge", Walker)
    monkeypatch.setattr("dbml.models.file.version", lambda package: "1")
    read = artifact.read(FILES / "gbm.zip", ROWS.head(40))
    assert read.kind == "mojo"
    assert [(each["name"], each["kind"]) for each in read.interface["features"]] == [
        ("spend", "float"), ("calls", "float"), ("plan", "text"), ("region", "text"), ("shop", "text")
    ]  # fmt: skip
    assert read.interface["answers"] == {"classes": ["no", "yes"], "probabilities": True}
    assert "threshold" in read.notices[0]
    assert artifact.read(FILES / "drf.zip", ROWS.head(40), "1").interface["answers"]["classes"] == [0, 1, 2]
    assert [each["name"] for each in artifact.read(FILES / "glm.zip", ROWS.head(40)).interface["features"]][
        -1
    ] == "exposure"


def changed(name: str, file: Path, replaced: Mapping[str, Any]) -> Path:
    """A copy of a file in which parts are others: bytes, or what changes the text; None leaves a part out."""
    with zipfile.ZipFile(FILES / f"{name}.zip") as old, zipfile.ZipFile(file, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if part in replaced:
                change = replaced[part]
                content = change(content) if callable(change) else change
            if content is not None:
                new.writestr(part, content)
    return file


def says(*lines: tuple[str, str]) -> Any:
    def change(content: bytes) -> bytes:
        for old, new in lines:
            assert old.encode() in content
            content = content.replace(old.encode(), new.encode())
        return content

    return change


TREE = "trees/t00_000.bin"
SPOILED: dict[str, tuple[Mapping[str, Any], str]] = {
    "another algorithm": (
        {"model.ini": says(("algo = gbm", "algo = deeplearning"))},
        "the algorithm deeplearning of H2O",
    ),
    "another encoding": (
        {"model.ini": says(("_genmodel_encoding = AUTO", "_genmodel_encoding = Eigen"))},
        "categorical_encoding Eigen",
    ),
    "an old version": ({"model.ini": says(("mojo_version = 1.40", "mojo_version = 1.00"))}, "MOJO version 1.00"),
    "no model.ini": ({"model.ini": None}, "it has no model.ini"),
    "a column more": ({"model.ini": says(("n_columns = 6", "n_columns = 7"))}, "says 7 columns and lists 6"),
    "many trees": ({"model.ini": says(("n_trees = 4", "n_trees = 999999999"))}, "it says 999999999 trees"),
    "a tree cut off": ({TREE: lambda tree: tree[:20]}, "leads out of itself"),
    "a column that is not there": ({TREE: lambda tree: tree[:1] + b"\x63\x00" + tree[3:]}, "column 99"),
    "a level less": ({"domains/d000.txt": lambda levels: levels[:4]}, "has 4 levels"),
}


def test_the_advice_for_others_is_what_the_first_file_is() -> None:
    [advice] = [advice for part, _, advice in support.WAYS_OUT if "MOJO" in part]
    assert (
        "H2OGradientBoostingEstimator" in advice and "H2OGradientBoostingEstimator" in (FILES / "make.py").read_text()
    )


@pytest.mark.parametrize("case", SPOILED)
def test_what_has_no_plan_or_is_none_is_refused(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mojo, "Judge", Walker)
    parts, said = SPOILED[case]
    with pytest.raises(ArtifactError, match=said):
        artifact.read(changed("gbm", tmp_path / "m.zip", parts), ROWS.head(40))


def test_it_is_bounded_and_needs_its_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLarge, match="unfolds to more than"):
        artifact.read(FILES / "gbm.zip", ROWS, unfolded=10_000)
    (tmp_path / "m.zip").write_bytes(b"PK")
    with pytest.raises(ArtifactError, match="is no MOJO of H2O"):
        artifact.read(tmp_path / "m.zip", ROWS)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("dbml.scorer.mojo.judge.importlib.util.find_spec", lambda name: None)
    from dbml.scorer.mojo import judge

    judge._java.cache_clear()
    with pytest.raises(ArtifactError, match="which needs the package h2o"):
        artifact.read(FILES / "gbm.zip", ROWS)
