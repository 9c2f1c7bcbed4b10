#!/bin/sh
# sklearn2pmml: QuantileTransformer over a column with repeated values (any counter) lands elsewhere:
# the largest value can come out as the smallest one's score.
#
# Why one guesses otherwise: with distinct quantiles the file is exact. A column like "number of calls"
# repeats its values, so several quantiles share one knot. scikit-learn interpolates from both sides and
# takes the mean; the PMML file lists the same `orig` several times in one NormContinuous, and the evaluator
# finds one end of the run instead. At the top of the column it answers null, or, with
# output_distribution="normal", the score of the *minimum*.
#
# Instead: use n_quantiles so small that no quantile repeats, or KBinsDiscretizer for counters; look at
# the knots: `len(set(q[:, j])) == len(q)` for every column j of `quantiles_`.
set -eu
command -v java >/dev/null || { echo "needs java (Debian: openjdk-17-jre-headless)"; exit 2; }
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
    scikit-learn==1.8.0 "pandas==2.3.3" sklearn2pmml==0.133.1 jpmml_evaluator==0.16.0
venv/bin/python - 2>java.log <<'PY'
import contextlib, io, sys
import numpy as np, pandas as pd, sklearn, sklearn2pmml, jpmml_evaluator
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

print("scikit-learn", sklearn.__version__, "sklearn2pmml", sklearn2pmml.__version__,
      "jpmml_evaluator", jpmml_evaluator.__version__)
calls = pd.DataFrame({"calls": np.repeat([0.0, 1.0, 2.0, 5.0], 10)})
spread = pd.DataFrame({"calls": np.linspace(0, 5, 40)})
rows = pd.DataFrame({"calls": [0.0, 1.0, 2.0, 5.0]})


def both(X, distribution):
    model = make_pipeline(QuantileTransformer(n_quantiles=40, output_distribution=distribution),
                          LinearRegression()).fit(X, X.calls)
    with contextlib.redirect_stdout(io.StringIO()):
        sklearn2pmml.sklearn2pmml(sklearn2pmml.make_pmml_pipeline(model, ["calls"], ["y"]), "model.pmml")
    answers = jpmml_evaluator.make_evaluator("model.pmml").verify().evaluateAll(rows)
    return model.predict(rows).round(3), answers.y.astype(float).to_numpy().round(3)


uniform, uniform_pmml = both(calls, "uniform")
normal, normal_pmml = both(calls, "normal")
distinct, distinct_pmml = both(spread, "uniform")
print("rows: calls =", rows.calls.tolist())
print("guess: ", uniform, "uniform;", normal, "normal")
print("seen:  ", uniform_pmml, "uniform;", normal_pmml, "normal")
print("distinct values:", distinct, "against", distinct_pmml)
as_described = bool(np.isnan(uniform_pmml[3]) and normal_pmml[3] == normal[0]
                    and abs(uniform[0] - uniform_pmml[0]) > 0.5 and np.allclose(distinct, distinct_pmml))
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
