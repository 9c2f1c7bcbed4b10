#!/bin/sh
# Results of an OrderedModel that came from a formula cannot be saved or pickled: patsy says "Sorry, pickling not yet
# supported". Those of the same formula by mnlogit can.
#
# Why one guesses otherwise: results.save is a method of all results, and works for OrderedModel on columns.
#
# Instead: fit OrderedModel on columns, such as those of patsy.dmatrix.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check statsmodels==0.14.5 pandas==2.3.3 numpy==2.2.6 scipy==1.15.3 patsy==1.0.1
venv/bin/python -W ignore - <<'PY'
import sys
import numpy as np, pandas as pd
import statsmodels.formula.api as smf
from statsmodels.miscmodels.ordinal_model import OrderedModel

random = np.random.default_rng(0)
rows = pd.DataFrame({"a": random.normal(size=200), "k": random.choice(list("xyz"), 200)})
rows["level"] = np.digitize(rows["a"] + random.normal(size=200), [-0.5, 0.5])
fits = {
    "mnlogit, formula": lambda: smf.mnlogit("level ~ a + C(k)", rows).fit(disp=0),
    "OrderedModel, columns": lambda: OrderedModel(rows["level"], rows[["a"]]).fit(disp=0, method="bfgs"),
    "OrderedModel, formula": lambda: OrderedModel.from_formula("level ~ a + C(k)", rows).fit(disp=0, method="bfgs"),
}
said = {}
for name, fit in fits.items():
    try:
        fit().save("model.pickle")
        said[name] = "saved"
    except NotImplementedError as error:
        said[name] = f"{type(error).__name__}: {error}"[:60]
print("guess: each is saved")
for name, what in said.items():
    print(f"seen:  {name}: {what}")
as_described = [what == "saved" for what in said.values()] == [True, True, False]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
