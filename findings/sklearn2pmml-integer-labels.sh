#!/bin/sh
# sklearn2pmml: a calibrated classifier whose labels are 0 and 1 scores every row with probability 0.0,
# a one-versus-rest classifier with labels 0, 1, 2 answers nothing; with text labels both are exact.
#
# Why one guesses otherwise: 0/1 is the usual target, the conversion prints no warning, plain
# classifiers convert exactly with the same labels, and the predicted label in the calibrated file
# is right, so that a check of accuracy passes. Both models are ensembles of classifiers within a
# PMML file whose label field has the type integer; the probabilities are lost between the two levels.
# (OneVsRest raises inside each row: evaluateAll() collects that in a column `errors` and goes on.)
#
# Instead: map the labels to text before fitting, and have the converter embed known rows with
# pipeline.verify(X), which makes the evaluator compare.
set -eu
command -v java >/dev/null || { echo "needs java (Debian: openjdk-17-jre-headless)"; exit 2; }
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
    scikit-learn==1.8.0 "pandas==2.3.3" sklearn2pmml==0.133.1 jpmml_evaluator==0.16.0
venv/bin/python - 2>java.log <<'PY'
import contextlib, io, sys
import numpy as np, pandas as pd, sklearn, sklearn2pmml, jpmml_evaluator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

print("scikit-learn", sklearn.__version__, "sklearn2pmml", sklearn2pmml.__version__,
      "jpmml_evaluator", jpmml_evaluator.__version__)
X = pd.DataFrame({"a": np.linspace(-2, 2, 60)})
rng = np.random.default_rng(0)
two = (rng.random(60) < 1 / (1 + np.exp(-X.a))).astype(int)
three = np.digitize(X.a, [-0.7, 0.7])


def both(model, y):
    pipeline = sklearn2pmml.make_pmml_pipeline(model.fit(X, y), ["a"], ["y"])
    with contextlib.redirect_stdout(io.StringIO()):
        sklearn2pmml.sklearn2pmml(pipeline, "model.pmml")
    rows = jpmml_evaluator.make_evaluator("model.pmml").verify().evaluateAll(X)
    pmml = rows[[f"probability({label})" for label in model.classes_]].astype(float).to_numpy()
    return model.predict_proba(X), pmml, rows


calibrated, ovr = CalibratedClassifierCV(LogisticRegression(), cv=2), OneVsRestClassifier(LogisticRegression())
truth, numbers, rows = both(calibrated, two)
label_right = (rows.y.astype(int) == calibrated.predict(X)).mean()
truth_t, texts, _ = both(calibrated, np.where(two == 1, "yes", "no"))
_, ovr_numbers, ovr_rows = both(ovr, three)
ovr_truth_t, ovr_texts, _ = both(ovr, np.array(["lo", "mid", "hi"])[three])
print("guess: the first row's probabilities, calibrated:", truth[0].round(4))
print("seen:  labels 0/1:", numbers[0], "in every row:", bool((numbers == 0).all()),
      f"- labels right in {label_right:.0%}")
print("       labels no/yes:", texts[0].round(4))
print("       one-versus-rest, labels 0/1/2:", ovr_numbers[0], "-", ovr_rows["errors"].iloc[0])
print("       one-versus-rest, text labels: largest difference", np.abs(ovr_truth_t - ovr_texts).max())
as_described = bool((numbers == 0).all()) and label_right == 1 and np.isnan(ovr_numbers).all() \
    and np.allclose(truth_t, texts) and np.allclose(ovr_truth_t, ovr_texts)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
