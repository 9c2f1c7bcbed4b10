"""Small files that would exhaust memory, or crash what reads them: refused in a sentence, before anything is built.

They are read in a process of its own with bounded memory and time, so that a limit that fails harms nothing.
"""

from __future__ import annotations

import io
import itertools
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from onnx import TensorProto, helper
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.tree import DecisionTreeClassifier

from dbml.models import soundness

READ = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
from dbml.errors import DbmlError
from dbml.models import artifact
for path in sys.argv[1:]:
    try:
        artifact.read(path)
        print(json.dumps(["read", "", ""]), flush=True)
    except DbmlError as error:
        print(json.dumps([type(error).__name__, error.message, error.hint]), flush=True)
"""

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3))
Y = (X[:, 0] > 0).astype(int)

ML = "ai.onnx.ml"
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def graph(nodes: Sequence[Any], width: int = 2, **more: Any) -> bytes:
    x = helper.make_tensor_value_info("x", FLOAT, [None, width])
    y = helper.make_tensor_value_info("y", FLOAT, [None, 1])
    made = helper.make_graph(nodes, "g", [x], more.pop("outputs", [y]), **more)
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid(ML, 3)]
    return bytes(helper.make_model(made, opset_imports=opsets, ir_version=8).SerializeToString())


def linear(source: str = "x", count: int = 2, target: str = "y") -> Any:
    return helper.make_node("LinearRegressor", [source], [target], domain=ML, coefficients=[1.0] * count)


def tree(true: Sequence[int | None], false: Sequence[int | None], **more: Any) -> Any:
    """A tree by its nodes' children; without any, a leaf."""
    leaves = [place for place, child in enumerate(true) if child is None]
    count = len(true)
    return helper.make_node(
        "TreeEnsembleRegressor", ["x"], ["y"], domain=ML,
        nodes_treeids=[0] * count,
        nodes_nodeids=list(range(count)),
        nodes_featureids=[0] * count,
        nodes_modes=["LEAF" if child is None else "BRANCH_LEQ" for child in true],
        nodes_values=[0.0] * count,
        nodes_truenodeids=[child or 0 for child in true],
        nodes_falsenodeids=[child or 0 for child in false],
        target_treeids=[0] * len(leaves),
        target_nodeids=leaves,
        target_ids=[0] * len(leaves),
        target_weights=[1.0] * len(leaves),
        **{"n_targets": 1, **more},
    )  # fmt: skip


def chain(depth: int) -> Any:
    """Each node has a leaf on its left and the next one on its right."""
    true = [*(place + 1 if place % 2 == 0 else None for place in range(2 * depth)), None]
    return tree(true, [None if child is None else child + 1 for child in true])


def doubled(op: str, times: int, first: str = "x") -> list[Any]:
    names = [first, *(f"d{place}" for place in range(times))]
    more = {"axis": 1} if op == "Concat" else {}
    return [helper.make_node(op, [a, a], [b], **more) for a, b in itertools.pairwise(names)]


def squared() -> bytes:
    """A row against the same as a column, again and again."""
    nodes, name = [], "x"
    for place in range(6):
        shape = helper.make_tensor(f"s{place}", INT64, [2], [-1, 1])
        nodes += [
            helper.make_node("Constant", [], [f"shape{place}"], value=shape),
            helper.make_node("Reshape", [name, f"shape{place}"], [f"column{place}"]),
            helper.make_node("Reshape", [name, "row"], [f"row{place}"]),
            helper.make_node("Add", [f"column{place}", f"row{place}"], [f"sum{place}"]),
        ]
        name = f"sum{place}"
    row = helper.make_tensor("row", INT64, [2], [1, -1])
    return graph([*nodes, linear(name)], width=30, initializer=[row])


def beside_the_answer() -> bytes:
    """The label is doubled; the probabilities are not."""
    label = helper.make_tensor_value_info("label", INT64, [None])
    p = helper.make_tensor_value_info("p", FLOAT, [None, 2])
    classifier = helper.make_node(
        "LinearClassifier", ["x"], ["l", "p"], domain=ML,
        coefficients=[1.0] * 4, classlabels_ints=[0, 1], post_transform="LOGISTIC",
    )  # fmt: skip
    cast = helper.make_node("Cast", ["l"], ["first"], to=FLOAT)
    last = helper.make_node("Cast", ["d39"], ["label"], to=INT64)
    return graph([classifier, cast, *doubled("Concat", 40, "first"), last], outputs=[label, p])


def constant_of_shape() -> bytes:
    size = helper.make_tensor("size", INT64, [1], [10**10])
    return graph([helper.make_node("ConstantOfShape", ["size"], ["zeros"]), linear()], initializer=[size])


def sparse() -> bytes:
    values = helper.make_tensor("w", FLOAT, [1], [1.0])
    weights = helper.make_sparse_tensor(values, helper.make_tensor("places", INT64, [1], [0]), [10**10])
    return graph([linear()], sparse_initializer=[weights])


ONNX: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "a width of ten thousand million": (
        lambda: graph([linear()], width=10**10), "TooLarge", "has 10000000000 features, and at most 10000",
    ),
    "a negative width": (lambda: graph([linear()], width=-5), "ArtifactError", "without a number of columns"),
    "forty doublings": (lambda: graph([*doubled("Concat", 40), linear("d39")]), "TooLarge", 'up to "d'),
    "forty doublings beside the answer": (beside_the_answer, "TooLarge", 'up to "d'),
    "squares": (squared, "TooLarge", 'up to "sum1" it computes'),
    "a node that is both children": (
        lambda: graph([tree([*range(1, 61), None], [*range(1, 61), None])]), "TooLarge", "two nodes of one of its trees share a child",
    ),
    "a child of two": (lambda: graph([tree([1, 3, 3, None, None], [2, 4, 4, None, None])]), "TooLarge", "share a child"),
    "nodes in a ring": (lambda: graph([tree([1, 0, None, None], [2, 3, None, None])]), "ArtifactError", "no root leads to"),
    "a tree of sixty thousand levels": (lambda: graph([chain(60_000)]), "TooLarge", "deeper than 1000 nodes"),
    "ten thousand million targets": (
        lambda: graph([tree([1, None, None], [2, None, None], n_targets=10**10)]), "TooLarge", 'up to "y" it computes 10000000000',
    ),
    "a constant of ten thousand million": (constant_of_shape, "TooLarge", 'up to "zeros" it computes 10000000000'),
    "sparse weights": (sparse, "ArtifactError", "sparse weights"),
}  # fmt: skip


def rewritten(estimator: Any, change: Callable[[Any], None], text: Callable[[str], str] = str) -> bytes:
    """A skops file whose schema is another."""
    source, target = zipfile.ZipFile(io.BytesIO(skops.io.dumps(estimator))), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name == "schema.json":
                schema = json.loads(content)
                change(schema)
                content = text(json.dumps(schema)).encode()
            archive.writestr(name, content)
    return target.getvalue()


def attributes(schema: Any) -> Any:
    return schema["content"]["content"]


def wide(schema: Any) -> None:
    attributes(schema)["n_features_in_"]["content"] = str(10**10)


def list_of(content: list[Any], name: int) -> dict[str, Any]:
    return {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "__id__": name, "content": content}


def shared(schema: Any) -> None:
    """A list of twice the same list, forty times."""
    made = list_of([], 10**6)
    for name in range(10**6 + 1, 10**6 + 41):
        made = list_of([made, {**list_of([], name - 1), "__loader__": "CachedNode"}], name)
    attributes(schema)["l1_ratio"] = made


def itself(schema: Any) -> None:
    attributes(schema)["l1_ratio"] = list_of([{**list_of([], 10**6), "__loader__": "CachedNode"}], 10**6)


def deep() -> bytes:
    """A list in a list, deeper than any Python goes; written as text, since none would write it."""
    levels = [json.dumps(list_of([], 10**6 + number))[:-2] for number in range(2000)]
    within = "".join(levels) + "]}" * len(levels)
    estimator = LogisticRegression().fit(X, Y)
    return rewritten(
        estimator, lambda schema: attributes(schema).update(l1_ratio="deep"), lambda t: t.replace('"deep"', within)
    )


def huge_array() -> bytes:
    """An array that says it has ten thousand million numbers."""
    source, target = zipfile.ZipFile(io.BytesIO(skops.io.dumps(LogisticRegression().fit(X, Y)))), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith(".npy") and b"(1, 3)" in content:
                content = content.replace(b"(1, 3), }      ", b"(10000000000,)}")
            archive.writestr(name, content)
    return target.getvalue()


def powers(degree: int, **more: Any) -> Any:
    model = make_pipeline(PolynomialFeatures(2), LogisticRegression()).fit(np.tile(X, 4), Y)
    return model.set_params(polynomialfeatures=model[0].set_params(degree=degree, **more))


SKOPS: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "ten thousand million features": (
        lambda: rewritten(LogisticRegression().fit(X, Y), wide), "TooLarge", "has 10000000000 features, and at most 10000",
    ),
    "a list of twice itself": (lambda: rewritten(LogisticRegression().fit(X, Y), shared), "TooLarge", "objects, each counted"),
    "a list that holds itself": (lambda: rewritten(LogisticRegression().fit(X, Y), itself), "ArtifactError", "holds itself"),
    "deep lists": (deep, "ArtifactError", "is not a skops file"),
    "more products than there is memory": (
        lambda: skops.io.dumps(powers(30)), "ArtifactError", "makes more than 500000 values of a row",
    ),
    "an array that is not there": (huge_array, "ArtifactError", "loaded here"),
}  # fmt: skip
FILES = {**{f"{n}.onnx": c for n, c in ONNX.items()}, **{f"{n}.skops": c for n, c in SKOPS.items()}}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    folder = tmp_path_factory.mktemp("small")
    for name, (make, _, _) in FILES.items():
        (folder / name).write_bytes(make())
        assert (folder / name).stat().st_size < 20_000_000
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ, *(str(folder / name) for name in FILES)],
        capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    return dict(zip(FILES, [*lines, *[["died", ran.stderr[-300:], ""]] * (len(FILES) - len(lines))], strict=True))


@pytest.mark.parametrize("name", FILES)
def test_a_small_file_is_refused_in_a_sentence(said: dict[str, list[str]], name: str) -> None:
    _, kind, words = FILES[name]
    error, message, hint = said[name]
    assert (error, words in message) == (kind, True), message
    assert name in message
    assert hint


# --- what is no attack ---


def test_a_model_within_the_limits(tmp_path: Path) -> None:
    from dbml.models import artifact

    (tmp_path / "m.onnx").write_bytes(graph([*doubled("Concat", 6), linear("d5", 128)]))
    assert artifact.read(tmp_path / "m.onnx").golden["scores"][-1] == pytest.approx(128.0)
    (tmp_path / "m.onnx").write_bytes(graph([chain(500)]))
    assert set(artifact.read(tmp_path / "m.onnx").golden["scores"]) == {1.0}


@pytest.mark.parametrize("more", [{"degree": 3}, {"degree": (1, 4)}, {"degree": 12, "interaction_only": True}], ids=str)
def test_products_within_the_limits(more: dict[str, Any]) -> None:
    soundness.check(powers(**more))


FORESTS = [
    DecisionTreeClassifier(),
    RandomForestClassifier(5),
    IsolationForest(n_estimators=5, max_features=2),
    HistGradientBoostingClassifier(max_iter=3),
]


@pytest.mark.parametrize("estimator", FORESTS, ids=lambda each: type(each).__name__)
def test_trees_are_sound(estimator: Any) -> None:
    soundness.check(estimator.fit(X, Y))
    estimator.n_features_in_ = 0  # as a file may say
    with pytest.raises(ValueError, match="columns that are not there"):
        soundness.check(estimator)


def test_trees_that_lead_nowhere() -> None:
    model = HistGradientBoostingClassifier(max_iter=3).fit(X, Y)
    nodes = model._predictors[1][0].nodes
    for value in (0, len(nodes), 2**31):
        nodes["left"][0] = value
        with pytest.raises(ValueError, match="lead to none of its nodes"):
            soundness.check(model)
    forest = IsolationForest(n_estimators=2, max_features=2).fit(X)
    forest.estimators_features_[1] = np.array([0, 7])
    with pytest.raises(ValueError, match="columns that are not there"):
        soundness.check(forest)
