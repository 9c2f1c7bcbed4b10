#!/bin/sh
# scipy.stats.cramervonmises_2samp on a counter that is mostly 0: two samples of one distribution, of unequal
# size, differ with p < 0.001 every time.
#
# Why one guesses otherwise: the function ranks ties by midranks, and its documentation says that for a
# distribution that is not continuous "the p-value is likely to be conservative", which is how ks_2samp
# behaves on the same data. The statistic compares each midrank with the *position* of the value in its own
# sample, 1, 2, 3 …; a run of equal values has one midrank and many positions, so that ties alone add to
# the sum, the more the longer the run and the less equal the sizes. The drift detectors that wrap this test
# take counters as they take amounts.
#
# Instead: ks_2samp or a chi-squared test of the distinct values for counters; or a permutation test of any statistic.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
venv/bin/python - <<'PY'
import sys
import numpy as np, scipy
from scipy.stats import cramervonmises_2samp, ks_2samp

print("scipy", scipy.__version__)
rng = np.random.default_rng(0)


def alarms(test, draw, sizes=(300, 1000), limit=0.001):
    return np.mean([test(draw(sizes[0]), draw(sizes[1])).pvalue < limit for _ in range(100)])


def complaints(n):
    return rng.poisson(0.1, n)


amounts = alarms(cramervonmises_2samp, rng.normal)
ties = alarms(cramervonmises_2samp, complaints)
kolmogorov = alarms(ks_2samp, complaints)
constant = cramervonmises_2samp(np.zeros(300), np.zeros(1000)).pvalue
print("guess: of 100 pairs without any drift at most one has p < 0.001; 300 zeros against 1,000 zeros have p = 1")
print(f"seen:  amounts {amounts:.0%}, a counter with 90 % zeros {ties:.0%}, the same with ks_2samp {kolmogorov:.0%};",
      f"zeros against zeros p = {constant:.1e}")
as_described = bool(amounts < 0.03 and kolmogorov < 0.03 and ties > 0.95 and constant < 1e-6)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
