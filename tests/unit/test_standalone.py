"""JavaScript and Python files of every operation of plans, against the plan's own function."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    SplineTransformer,
)

from dbml._plpython import compiled, masks, operations, plan, portable
from dbml._plpython.explanation import Explainer
from dbml._plpython.frame import to_wire
from dbml.errors import ParityError
from dbml.models import artifact
from dbml.models.exports import html, javascript, js, python, standalone
from dbml.models.exports.checking import Stored
from dbml.scorer import engines
from dbml.scorer.plan import Builder
from dbml.scorer.sklearn import lower
from tests.parity.harness import data, target

TEXTS, NUMBERS = ["plan", "region"], ["spend", "calls", "ratio"]


def stored(estimator: Any, name: str = "mixed") -> Stored:
    """A version as an export gets it, with golden and hurtful rows."""
    X = data(name)[0]
    read = artifact.read(estimator.fit(X, target(name, "binary")), X.head(150))
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1", sample=read.sample)
    assert made.plan is not None, made.refusals
    BACKGROUNDS[plan.dumps(made.plan)] = made.background
    golden = read.golden | {"hurtful_rows": made.hurtful_rows, "hurtful_scores": made.hurtful_scores}
    return Stored("m@1", "joblib", b"", "", read.interface, golden, plan.dumps(made.plan), {}, schema="s", trust=())


def explained(version: Stored) -> Explainer:
    """What explains it; the estimator's covers are in the plan that was made."""
    return Explainer("m@1", plan.loads(str(version.plan)), version.interface, BACKGROUNDS[str(version.plan)])


BACKGROUNDS: dict[str, Any] = {}


def imputed(*numbers: Any) -> Any:
    words = make_pipeline(SimpleImputer(strategy="constant", fill_value="none"), OneHotEncoder(handle_unknown="ignore"))
    return make_column_transformer((words, TEXTS), (make_pipeline(SimpleImputer(), *numbers), NUMBERS))


def of_many_kinds() -> Any:
    kinds = (
        PowerTransformer(),
        SplineTransformer(n_knots=4),
        KBinsDiscretizer(3, strategy="uniform"),
        QuantileTransformer(n_quantiles=40, output_distribution="normal"),
    )
    return make_pipeline(imputed(make_union(*kinds)), LogisticRegression(max_iter=300))


MODELS = {
    "many kinds": of_many_kinds,
    "boosting": lambda: make_pipeline(imputed(), GradientBoostingClassifier(n_estimators=12, random_state=0)),
}


@pytest.mark.parametrize("name", MODELS)
def test_node_and_python_alone_answer_and_refuse_as_the_estimator(name: str) -> None:
    version = stored(MODELS[name]())
    assert None in version.golden["hurtful_scores"]
    explainer = explained(version)
    module = js.judged(version, explainer)
    standalone.by_python(version, python.written(version))
    with pytest.raises(ParityError, match="explains golden row 0 otherwise"):
        standalone.explained_by_node(version, module.replace("ratio * found[i]", "1.001 * found[i]"), explainer)


def test_categories_of_trees_and_missing_values() -> None:
    codes = make_column_transformer((OrdinalEncoder(), TEXTS), remainder="passthrough")
    model = make_pipeline(codes, HistGradientBoostingClassifier(max_iter=8, categorical_features=[0, 1]))
    X = data("mixed")[0]
    read = artifact.read(model.fit(X, target("mixed", "binary")), X.head(100))
    made = plan.dumps(lower(read.estimator, read.interface))
    assert "sets" in made and "missing_left" in made
    version = Stored("m@1", "joblib", b"", "", read.interface, read.golden, made, {}, schema="s", trust=())
    standalone.by_node(version, javascript.written(version))
    standalone.by_python(version, python.written(version))


def test_javascript_has_every_operation_and_function() -> None:
    said = javascript.runtime("score.js")
    named = said[said.index("const OPERATIONS = {") :]
    lacks = {name for name in operations.OPERATIONS if f"\n  {name}:" not in named and f"\n  {name}," not in named}
    assert lacks == javascript.NOT_IN_JAVASCRIPT.keys()


def test_a_forest_by_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "NODES_AT_LEAST", 50)
    version = stored(RandomForestClassifier(6, random_state=0), "ties")
    module = python.written(version)
    assert "masks." in module
    standalone.by_python(version, module)


def test_functions_at_the_ends_of_arithmetic(tmp_path: Path) -> None:
    numbers = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        1.5,
        2.5,
        -2.5,
        1e-320,
        1e-9,
        3.3,
        -40.0,
        709.0,
        1e300,
        -1e300,
        math.inf,
        -math.inf,
    ]
    numbers += [math.nan, 0.9999999, 1e-15, 5.5, -5.5, 27.5, 88.0]
    (tmp_path / "run.mjs").write_text("")
    script = []
    truths = []
    for name in sorted(operations.FUNCTIONS):
        builder = Builder(1, 0)
        made = builder.finish(builder.number(0).function(name))
        function = compiled.load(portable.compile_plan(made, [made["output"]]))
        truths.append([function([x], [])[0] for x in numbers])
        script.append(name)
    runtime = javascript.runtime("score.js").replace("export ", "").replace("{ INTERFACE as interface };", "")
    constants = f"const EXP32 = {javascript.literal([*javascript.ieee.EXP32, javascript.ieee.EXP32_SCALE / 32])};\n"
    call = f"""
const names = {json.dumps(script)}, xs = {javascript.literal(numbers)};
console.log(JSON.stringify(names.map((name) => xs.map((x) => String(FUNCTIONS[name](x))))));
"""
    (tmp_path / "run.mjs").write_text(constants + runtime + call)
    said = subprocess.run(["node", tmp_path / "run.mjs"], capture_output=True, text=True, check=True).stdout
    for name, truth, got in zip(script, truths, json.loads(said), strict=True):
        found = [float(x.replace("Infinity", "inf")) for x in got]
        if name == "ndtri":  # of a number that lacks digits nobody knows the inverse
            truth[8] = found[8]
        tolerance = 1e-7 if name == "exp32" else 1e-12
        np.testing.assert_allclose(found, truth, rtol=tolerance, atol=0 if name != "ndtri" else 1e-14, err_msg=name)


def test_a_wrong_answer_is_not_written() -> None:
    version = stored(make_pipeline(imputed(), GradientBoostingClassifier(n_estimators=5)))
    module = javascript.written(version)
    with pytest.raises(ParityError, match="golden rows: on golden row"):
        standalone.by_node(version, module.replace("return answer;", "return answer + 1e-6;"))
    with pytest.raises(ParityError, match="differs on golden row"):
        standalone.by_node(version, module.replace("return answer;", "return answer + 1e-11;"))


def test_what_a_row_lacks_or_has_wrong_is_refused_by_name(tmp_path: Path) -> None:
    version = stored(MODELS["boosting"]())
    (tmp_path / "churn.py").write_text(python.written(version))
    module: Any = SimpleNamespace()
    exec((tmp_path / "churn.py").read_text(), vars(module))
    row = {"plan": "plus", "region": None, "spend": 3.0, "calls": 2, "ratio": None}
    assert 0.0 < module.score(row) < 1.0
    for wrong, said in (
        ({k: v for k, v in row.items() if k != "plan"}, 'feature "plan" is missing'),
        (row | {"plan": 3}, 'feature "plan" is text'),
        (row | {"spend": "much"}, 'feature "spend" is a number'),
    ):
        with pytest.raises(module.Refused, match=said):
            module.score(wrong)
    assert {f["name"] for f in module.interface["features"]} == row.keys()
    assert sys.version_info >= (3, 9)


# As much of a browser as the page asks for.
DOCUMENT = """
class Element {
  constructor() { this.children = []; this.style = {}; this.listeners = {}; this.value = ""; }
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) { this.children = children; }
  setAttribute(name, value) { this[name] = value; }
  addEventListener(name, act) { this.listeners[name] = act; }
  all() { return this.children.flatMap((child) => (child instanceof Element ? [child, ...child.all()] : [])); }
  get elements() { return { namedItem: (name) => this.all().find((each) => each.name === name) }; }
}
const parts = Object.fromEntries(["form", "answer", "score", "said", "why"].map((id) => [id, new Element()]));
globalThis.document = { getElementById: (id) => parts[id], createElement: () => new Element() };
"""
TYPES = """
const seen = () => [parts.score.textContent, parts.why.children.length, parts.answer.className];
const before = seen();
parts.form.elements.namedItem("calls").value = "8";
parts.form.listeners.input();
const after = seen();
parts.form.elements.namedItem("spend").value = "1e39";
parts.form.listeners.input();
console.log(JSON.stringify([before, after, seen()]));
"""


def test_a_page_scores_and_explains_as_one_types(tmp_path: Path) -> None:
    version = stored(MODELS["boosting"]())
    page = html.page(version, js.judged(version, explained(version)))
    script = page[page.index('<script type="module">') + 22 : page.index("</script>")]
    assert "<" not in literal_parts(page)
    (tmp_path / "page.mjs").write_text(DOCUMENT + script + TYPES)
    said = subprocess.run(["node", tmp_path / "page.mjs"], capture_output=True, text=True, check=True).stdout
    function = compiled.load(portable.compile_plan(plan.loads(str(version.plan))))
    first = dict(zip([f["name"] for f in version.features], version.golden["rows"][0], strict=True))

    def truth(row: dict[str, Any]) -> float:
        numbers, texts = to_wire(version.interface, [list(row.values())])
        return float(function(numbers[0], texts[0]))

    before, after, refused = json.loads(said)
    assert float(before[0]) == pytest.approx(truth(first), rel=1e-3)
    assert float(after[0]) == pytest.approx(truth(first | {"calls": 8}), rel=1e-3)
    assert before[0] != after[0]
    assert before[1] == 1 + len(first)
    assert refused[1:] == [0, "refused"]


def literal_parts(page: str) -> str:
    """What the page holds of the model's own texts."""
    return "".join(
        line for line in page.splitlines() if line.startswith(("const INTERFACE", "const KNOWN", "const FIRST"))
    )
