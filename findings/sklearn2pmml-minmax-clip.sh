#!/bin/sh
# sklearn2pmml ignores `clip=True` of MinMaxScaler: values outside the training range pass unclipped.
#
# Why one guesses otherwise: the converter refuses options that it does not know (a range of polynomial
# degrees, a spline), PMML has words for clipping (outliers="asExtremeValues", and the same converter
# uses them for QuantileTransformer), and every row of the training data agrees by construction, so a
# check on training data, or the file's embedded verification rows, passes.
#
# Instead: clip the inputs before the evaluator sees them, leave MinMaxScaler(clip=True) out of models that
# are meant for PMML, and test rows beyond the range of the training data.
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
from sklearn.preprocessing import MinMaxScaler

print("scikit-learn", sklearn.__version__, "sklearn2pmml", sklearn2pmml.__version__)
X = pd.DataFrame({"minutes": np.linspace(0, 100, 50)})
rows = pd.DataFrame({"minutes": [-50.0, 50.0, 1000.0]})


def both(*steps):
    model = make_pipeline(*steps, LinearRegression()).fit(X, X.minutes)
    with contextlib.redirect_stdout(io.StringIO()):
        sklearn2pmml.sklearn2pmml(sklearn2pmml.make_pmml_pipeline(model, ["minutes"], ["y"]), "model.pmml")
    answers = jpmml_evaluator.make_evaluator("model.pmml").verify().evaluateAll(rows)
    return model.predict(rows).round(6), answers.y.astype(float).to_numpy().round(6)


truth, pmml = both(MinMaxScaler(clip=True))
print("rows: minutes =", rows.minutes.tolist(), "- trained on 0 to 100")
print("guess:", truth)
print("seen: ", pmml)
as_described = np.allclose(pmml, rows.minutes) and np.allclose(truth, rows.minutes.clip(0, 100))
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
