#!/bin/sh
# statsmodels.stats.rates.confint_poisson: of no event in ten days, method="midp-c" gives the interval 0.29957 to
# 0.29957 a day, which has no width and leaves out the rate that was seen, 0; "sqrt" likewise.
#
# Why one guesses otherwise: an interval holds its estimate, the mid-p one is recommended for exactly such small
# counts, and the other methods start at 0. For a count of 0 the lower limit solves the equation of the upper
# one. "Is 0 in the interval?" says no; the segments without a single churner are those where it is asked.
#
# Instead: exact-c, score or jeff for small counts, or set the lower limit to 0 when the count is 0: the upper limit of
# midp-c is right.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check statsmodels==0.15.0 scipy==1.17.1 pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import sys
import numpy as np, statsmodels
from scipy.optimize import brentq
from scipy.stats import poisson
from statsmodels.stats.rates import confint_poisson

print("statsmodels", statsmodels.__version__)


def mid_p_upper(count, exposure, tail=0.025):
    return brentq(lambda rate: poisson.cdf(count, rate) - 0.5 * poisson.pmf(count, rate) - tail, 1e-9, 100) / exposure


seen = {}
for method in ("exact-c", "score", "midp-c", "sqrt"):
    for count in (0, 1):
        low, high = (float(limit) for limit in confint_poisson(count, 10, method=method))
        seen[method, count] = low, high
        print(f"{method:8} {count} events in 10 days: {low:.5f} to {high:.5f}",
              "" if low <= count / 10 <= high else "- leaves out what was seen")
print(f"guess for midp-c of 0 events: 0 to {mid_p_upper(0, 10):.5f}")
low, high = seen["midp-c", 0]
as_described = (np.isclose(high, mid_p_upper(0, 10), atol=1e-5) and abs(high - low) < 1e-6 and seen["sqrt", 0][0] > 0
                and seen["exact-c", 0][0] == seen["score", 0][0] == 0 and seen["midp-c", 1][0] < 0.1 < seen["midp-c", 1][1])
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
