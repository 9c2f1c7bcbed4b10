#!/bin/sh
# pandas writes a category of integers to Parquet and reads it back as integers: of two categories side by side, the one
# of texts comes back as a category, and those of integers, floats and booleans as plain columns. LightGBM, fitted on the
# frame, then refuses the same rows: "train and valid dataset categorical_feature do not match".
#
# Why one guesses otherwise: the category of texts survives, Parquet keeps pandas' own types in its metadata (an Int8 or
# a time zone comes back), and nothing is said at writing or reading.
#
# Instead: X["code"].astype(str).astype("category") before fit; or astype("category") again after read_parquet.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pandas==2.3.3 pyarrow==22.0.0 lightgbm==4.6.0 scikit-learn==1.7.2 numpy==2.3.5
venv/bin/python -W ignore - <<'PY'
import sys

import lightgbm
import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
frame = pd.DataFrame(
    {
        "plan": pd.Categorical(rng.choice(["basic", "plus"], 200)),
        "code": pd.Categorical(rng.choice([10, 20, 30], 200)),
        "rate": pd.Categorical(rng.choice([0.5, 1.5], 200)),
    }
)
frame.to_parquet("rows.parquet")
back = pd.read_parquet("rows.parquet")
types = {name: str(dtype) for name, dtype in back.dtypes.items()}
model = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(frame, frame["code"] == 10)
model.predict(frame)
try:
    model.predict(back)
    said = "taken"
except ValueError as error:
    said = str(error)
print("guess: three categories, and the model takes them")
print(f"seen:  {types}; LightGBM: {said}")
as_described = types == {"plan": "category", "code": "int64", "rate": "float64"} and "do not match" in said
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
