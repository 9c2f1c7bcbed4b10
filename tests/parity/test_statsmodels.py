"""Results of statsmodels: links, formulas, the column of ones, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.stats
import statsmodels.api as sm
import statsmodels.formula.api as smf
from statsmodels.miscmodels.ordinal_model import OrderedModel

from dbml.errors import ArtifactError
from dbml.models import artifact
from dbml.scorer.support import WAYS_OUT
from tests.parity.harness import assert_parity

pytestmark = pytest.mark.filterwarnings("ignore")
random = np.random.default_rng(5)


def rows(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "a": random.normal(size=count),
            "b": random.normal(size=count),
            "n": random.integers(1, 5, count),
            "k": random.choice(["x", "y", "z"], count),
            "flag": random.random(count) < 0.5,
        }
    )


X, MORE = rows(300), rows(5000)
VALUE = X["a"] + X["b"] / 2 + (X["k"] == "y") + random.normal(size=len(X)) / 3
DATA = X.assign(value=VALUE, churned=(VALUE > 0.5).astype(int), count=np.floor(np.exp(VALUE / 2)), cost=np.exp(VALUE))
PLAIN = sm.add_constant(X[["a", "b"]])
families = sm.families


def glm(target: str, family: Any) -> Any:
    return sm.GLM(DATA[target], PLAIN, family=family).fit()


CASES: dict[str, Callable[[], Any]] = {
    "OLS": lambda: sm.OLS(DATA["value"], PLAIN).fit(),
    "WLS, no constant": lambda: sm.WLS(DATA["value"], X[["a", "b", "n"]], weights=X["n"]).fit(),
    "RLM": lambda: sm.RLM(DATA["value"], PLAIN).fit(),
    "Logit": lambda: sm.Logit(DATA["churned"], PLAIN).fit(disp=0),
    "Probit": lambda: sm.Probit(DATA["churned"], PLAIN).fit(disp=0),
    "Poisson": lambda: sm.Poisson(DATA["count"], PLAIN).fit(disp=0),
    "NegativeBinomial": lambda: sm.NegativeBinomial(DATA["count"], PLAIN).fit(disp=0, maxiter=5),
    "GLM, gamma, log": lambda: glm("cost", families.Gamma(families.links.Log())),
    "GLM, Tweedie": lambda: glm("count", families.Tweedie(families.links.Log(), var_power=1.5)),
    "GLM, inverse": lambda: sm.GLM(np.exp(X["n"]), X[["n"]] * 1.0, family=families.Gamma()).fit(),
    "GLM, binomial": lambda: glm("churned", families.Binomial()),
    "GLM, cloglog": lambda: glm("churned", families.Binomial(families.links.CLogLog())),
    "GLM, loglog": lambda: glm("churned", families.Binomial(families.links.LogLog())),
    "GLM, probit": lambda: glm("churned", families.Binomial(families.links.Probit())),
    "penalised": lambda: sm.Logit(DATA["churned"], PLAIN).fit_regularized(disp=0),
    "formula": lambda: smf.ols("value ~ a * C(k) + np.log(np.abs(b) + 1) + I(n ** 2 / 3) - 1", DATA).fit(),
    "formula, a boolean": lambda: smf.logit("churned ~ flag + k:a + C(n)", DATA).fit(disp=0),
    "formula, another base": lambda: smf.glm("count ~ C(k, Treatment('z')) + b", DATA, family=families.Poisson()).fit(),
    "formula, sums": lambda: smf.quantreg("value ~ C(k, Sum):n + a", DATA).fit(),
}
SEVERAL = ("MNLogit", "MNLogit, formula", "ordered, logit", "ordered, probit")
THREE = np.digitize(VALUE, [0, 1])
LEVELS = pd.Series(pd.Categorical(np.array(["low", "mid", "high"])[THREE], ["low", "mid", "high"], ordered=True))
CASES |= {
    "MNLogit": lambda: sm.MNLogit(THREE, PLAIN).fit(disp=0),
    "MNLogit, formula": lambda: smf.mnlogit("three ~ a * b + C(k)", DATA.assign(three=THREE)).fit(disp=0),
    "ordered, logit": lambda: OrderedModel(LEVELS, X[["a", "b"]], distr="logit").fit(disp=0, method="bfgs"),
    "ordered, probit": lambda: OrderedModel(LEVELS, X[["a", "n"]], distr="probit").fit(disp=0, method="bfgs"),
    "GEE": lambda: sm.GEE(DATA["churned"], PLAIN, groups=X["n"], family=families.Binomial()).fit(),
    "GEE, formula": lambda: smf.gee("count ~ a + C(k)", "n", DATA, family=families.Poisson()).fit(),
    "mixed": lambda: smf.mixedlm("value ~ a + C(k)", DATA, groups=DATA["n"]).fit(),
}
QUICK = (
    "MNLogit",
    "ordered, probit",
    "GEE",
    "Logit",
    "GLM, gamma, log",
    "GLM, cloglog",
    "formula",
    "formula, a boolean",
)


@pytest.mark.parametrize("case", [c if c in QUICK else pytest.param(c, marks=pytest.mark.long) for c in CASES])
def test_parity(case: str, tmp_path: Path) -> None:
    fitted = CASES[case]()
    output = None if case not in SEVERAL else "high" if "ordered" in case else "2"
    assert_parity(fitted, X, tmp_path, output, MORE)


def test_what_a_row_has(tmp_path: Path) -> None:
    fitted = CASES["Logit"]()
    fitted.save(tmp_path / "m.pickle")
    read = artifact.read(tmp_path / "m.pickle", X)
    assert [feature["name"] for feature in read.interface["features"]] == ["a", "b"]
    assert read.interface["output"] == {"kind": "probability", "label": 1, "index": 1}
    assert read.golden["scores"][0] == pytest.approx(fitted.predict(PLAIN)[0], abs=1e-15)
    assert (read.kind, "statsmodels" in read.libraries) == ("statsmodels", True)
    assert "python" in read.refusals
    # What the page advises stands above; this is what it advises against.
    assert [way for part, _, way in WAYS_OUT if "remove_data" in part] == ["`results.save(FILE)`"]
    fitted.remove_data()
    joblib.dump(fitted, tmp_path / "m.joblib")
    with pytest.raises(ArtifactError, match="save it with its data"):
        artifact.read(tmp_path / "m.joblib", X)


def test_others_are_refused(tmp_path: Path) -> None:
    inflated = sm.ZeroInflatedPoisson(DATA["count"], PLAIN).fit(disp=0, maxiter=3)
    with pytest.raises(ArtifactError, match="ZeroInflatedPoissonResultsWrapper is not served") as refused:
        artifact.read(inflated, X)
    odd = OrderedModel(LEVELS, X[["a", "b"]], distr=scipy.stats.gumbel_l).fit(disp=0, method="bfgs")
    with pytest.raises(ArtifactError, match="is not served"):
        artifact.read(odd, X)
    assert "Logit" in refused.value.hint
