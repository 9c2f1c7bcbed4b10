#!/bin/sh
# statsmodels: predict() and predict(the same frame) of a Poisson model with an exposure differ: the first counts events
# over each customer's own days, the second over one day each.
#
# Why one guesses otherwise: a formula finds its columns in the new frame, and the frame holds the days too. But
# exposure= and offset= are arrays beside the formula; predict() without rows takes them from the fit, predict(rows)
# takes 1 and 0. Both are silent, the shapes agree, and the ranking of customers is another one.
#
# Instead: predict(rows, exposure=rows.days) (or offset=…) each time; or np.log(days) as a term of the formula, with a
# coefficient of its own.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check statsmodels==0.15.0 scipy==1.17.1 pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import sys
import numpy as np, pandas as pd, statsmodels, statsmodels.api as sm, statsmodels.formula.api as smf

print("statsmodels", statsmodels.__version__)
rng = np.random.default_rng(0)
rows = pd.DataFrame({"x": rng.normal(size=500), "days": rng.integers(1, 60, 500)})
rows["tickets"] = rng.poisson(rows.days * np.exp(0.3 * rows.x - 2))
poisson = smf.glm("tickets ~ x", rows, family=sm.families.Poisson(), exposure=rows.days).fit()
fitted, again, told = poisson.predict(), poisson.predict(rows), poisson.predict(rows, exposure=rows.days)
print(f"tickets: {rows.tickets.sum()} - guess: predict() = predict(rows), in sum {fitted.sum():.0f}")
print(f"seen:  predict(rows) {again.sum():.0f} in sum; with exposure= {told.sum():.0f};",
      f"rank correlation of the two orders {pd.Series(fitted).corr(again, method='spearman'):.2f}")
as_described = (abs(fitted.sum() - rows.tickets.sum()) < 1e-6 * rows.tickets.sum() and again.sum() < 0.1 * fitted.sum()
                and np.allclose(told, fitted))
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
