#!/bin/sh
# A CatBoost model of counts (loss_function="Poisson") leaves its link behind when it is exported: predict() answers the
# expected count, the ONNX and PMML files answer its logarithm, half of the time a negative number of claims.
#
# Why one guesses otherwise: since CatBoost 1.0 predict() of such a regressor applies the exponential by itself, and the
# export of a classifier has its probabilities. ONNX has Exp and PMML has exp(); both files name their output "prediction(s)".
#
# Instead: exp() of what the file answers, wherever it is served.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check catboost==1.2.10 onnxruntime==1.32.0
venv/bin/python -W ignore - <<'PY'
import sys
import xml.etree.ElementTree as tree
import catboost, numpy as np, onnxruntime

onnxruntime.set_default_logger_severity(3)
random = np.random.default_rng(0)
x = random.normal(size=(2000, 3)).astype(np.float32)
claims = random.poisson(np.exp(-1 + 0.5 * x[:, 0]))
model = catboost.CatBoostRegressor(loss_function="Poisson", iterations=200, depth=3, verbose=0, thread_count=1).fit(x, claims)
model.save_model("model.onnx", format="onnx")
model.save_model("model.pmml", format="pmml")
exported = onnxruntime.InferenceSession("model.onnx").run(None, {"features": x})[0].ravel()
predicted = model.predict(x)
functions = [e.attrib.get("function") for e in tree.parse("model.pmml").iter() if e.tag.endswith("Apply")]
print("CatBoost", catboost.__version__)
print("guess: the file answers what predict() answers, as the mean of", f"{claims.mean():.2f} claims a customer")
print(f"seen:  predict() {predicted.mean():.2f} on average, ONNX {exported.mean():.2f}, of which {(exported < 0).mean():.0%}",
      f"negative; exp() of it is off by {np.abs(np.exp(exported) - predicted).max():.0e}; PMML has an exponential:",
      "exp" in functions)
as_described = (
    abs(predicted.mean() - claims.mean()) < 0.05 and exported.mean() < 0 and (exported < 0).mean() > 0.5
    and np.allclose(np.exp(exported), predicted, rtol=1e-4) and "exp" not in functions
)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
