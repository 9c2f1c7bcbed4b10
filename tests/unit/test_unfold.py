"""A file is as large as what it unfolds to, and that is known before anything of it is loaded."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pytest

from dbml._plpython import plan, unfold
from dbml.errors import ArtifactError, TooLarge
from dbml.models import artifact

MEGABYTE = 1 << 20
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
}


class Marker:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.write_text, (self.path, "was here")


@pytest.mark.parametrize("compress", COMPRESSORS.values(), ids=COMPRESSORS)
def test_a_bomb_is_refused_before_it_is_loaded(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    marker, path = tmp_path / "marker", tmp_path / "bomb.joblib"
    # The pickle comes first: whoever unpickles runs it, long before the zeros behind it.
    bomb = compress(pickle.dumps(Marker(marker)) + bytes(48 * MEGABYTE))
    assert len(bomb) < MEGABYTE
    path.write_bytes(bomb)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge) as caught:
            artifact.read(path, unfolded=24 * MEGABYTE)
        assert tracemalloc.get_traced_memory()[1] < 16 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert caught.value.sqlstate == "DB017"
    assert caught.value.message == f"{path}: its {len(bomb)} bytes unfold to more than {24 * MEGABYTE}"
    assert "--artifact-limit" in str(caught.value.hint)
    assert not marker.exists()


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
def test_what_joblib_writes_is_counted_to_the_byte(tmp_path: Path, compress: object) -> None:
    path, plain = tmp_path / "compressed", tmp_path / "plain"
    what = {"weights": np.arange(300_000.0), "name": "größer"}
    joblib.dump(what, plain)
    joblib.dump(what, path, compress=compress)
    # joblib aligns arrays in what it does not compress: the same but for a few bytes.
    size = plain.stat().st_size
    unfold.check(path.read_bytes(), size + 64)
    with pytest.raises(unfold.TooLarge):
        unfold.check(path.read_bytes(), size - 64)


@pytest.mark.parametrize(
    "blob",
    [
        zlib.compress(b"\x80\x04N.") * 2,
        zlib.compress(b"\x80\x04N.") + b"x" * (3 * MEGABYTE),
        b"ZF0x10                   " + zlib.compress(b"x"),
        b"PK\x03\x04",
        b"(lp0\n.",
    ],
    # pytest would put megabytes of a name into the environment, with which no process starts.
    ids=["two streams", "more behind", "old format", "archive", "protocol 0"],
)
def test_what_is_counted_otherwise_than_joblib_reads_it_is_refused(blob: bytes, tmp_path: Path) -> None:
    """Two streams in one file, joblib's format of old, and formats of others."""
    with pytest.raises(ValueError, match="no joblib file"):
        unfold.check(blob, 1 << 30)
    (tmp_path / "x").write_bytes(blob)
    with pytest.raises(ArtifactError, match="is not a joblib file"):
        artifact.read(tmp_path / "x")


def trees(**changed: object) -> str:
    node = {
        "op": "trees", "of": [0], "roots": [0], "column": [0, -1, -1], "threshold": [1.0, 2.0, 3.0],
        "left": [1, 0, 0], "right": [2, 0, 0], "start": 0.0,
    } | changed  # fmt: skip
    nodes = [{"op": "number", "index": 0}, node]
    return plan.dumps({"format": 1, "numbers": 1, "texts": 0, "nodes": nodes, "checks": [], "output": 1})


def test_a_plan_that_would_not_end_is_refused() -> None:
    assert plan.loads(trees())["output"] == 1
    depth = 64
    shared = list(range(1, depth + 1))
    leaves = {
        "column": [0] * depth + [-1],
        "threshold": [0.5] * (depth + 1),
        "left": [*shared, 0],
        "right": [*shared, 0],
    }
    with pytest.raises(plan.PlanError, match="do not fit"):  # 2**64 ways down
        plan.loads(trees(**leaves))
    with pytest.raises(plan.PlanError, match="do not fit"):
        plan.loads(trees(roots=[0, 0]))
    with pytest.raises(plan.PlanError, match="no JSON"):
        plan.loads("[" * 100_000)
    with pytest.raises(plan.PlanError, match=r"\(trees\) has a start that is not a number"):
        plan.loads(trees(start=10**400))
