#!/bin/sh
# Evidently's DataDriftPreset calls a window of 50 rows of the same distribution "drift", in nine of ten columns of
# numbers, and a column of which 70 % have become null "no drift", at 0 % missing in the reference.
#
# Why one guesses otherwise: the preset chooses its method by itself, and a threshold for it. With 5,000 rows in the
# reference that is the Wasserstein distance over the standard deviation, above 0.1, whatever the window has: the
# distance of two equal samples is about 0.8 / sqrt(n), so that windows of less than some hundred rows are always
# above it. And nulls are dropped before anything is compared, in a report of *drift* that has no line for them.
#
# Instead: give small windows a test whose p-value knows n (`num_method="ks"`), as below; and compare the share of
# nulls apart (`MissingValueCount`), in its own test.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check evidently==0.7.23 pandas==2.3.3 numpy==2.2.6
venv/bin/python -W ignore - <<'PY'
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

print("evidently", version("evidently"))
rng = np.random.default_rng(0)
COLUMNS = [f"x{i}" for i in range(10)]


def frame(rows):
    return pd.DataFrame(rng.normal(size=(rows, len(COLUMNS))), columns=COLUMNS)


def drifted(reference, current, **options):
    """How many columns the preset calls drifted, and what it says of x0."""
    data = [Dataset.from_pandas(f, data_definition=DataDefinition(numerical_columns=COLUMNS)) for f in (current, reference)]
    found = Report([DataDriftPreset(**options)]).run(*data).dict()
    [count] = [m["value"]["count"] for m in found["metrics"] if "column" not in m["config"]]
    return int(count), next(m for m in found["metrics"] if m["config"].get("column") == "x0")


reference = frame(5000)
small = sum(drifted(reference, frame(50))[0] for _ in range(10))
tests = sum(drifted(reference, frame(50), num_method="ks")[0] for _ in range(10))
large = drifted(reference, frame(5000))[0]
nulls = frame(5000)
nulls.loc[rng.random(5000) < 0.7, "x0"] = np.nan
of_nulls, x0 = drifted(reference, nulls)
print("guess: of 100 columns in which nothing has changed some 5 are called drift, and one with 70 % nulls is")
print(f"seen:  50 rows: {small} of 100 columns are drift (by ks {tests}); 5,000 rows: {large} of 10;")
print(f"       70 % nulls in x0: {x0['config']['method']} {x0['value']:.3f}, limit {x0['config']['threshold']}: {of_nulls} of 10 drifted")
as_described = small > 80 and tests < 15 and large == 0 and of_nulls == 0
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
