#!/bin/sh
# The tdigest package: of a counter with 90 % zeros and 10 % ones the median is about 0.1 and the 80th percentile
# 0.7: values that nobody has.
#
# Why one guesses otherwise: a t-digest is for quantiles of long streams and is praised for its tails, and
# other digests of the same family say 0. This one draws lines between the means of neighbouring centroids,
# however far both lie from the point asked for: the 90 equal zeros are one centroid, and already its middle
# is on the way to 1. A threshold such as "above the median" then means "any at all", and cdf(0) is half of
# what it is.
#
# Instead: fastdigest, which answers 0 here, or a table of counts per value, which is exact for a counter.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check tdigest==0.5.2.2 fastdigest==0.12.0 numpy==2.4.6
venv/bin/python -W ignore - <<'PY'
import sys
from importlib.metadata import version
import numpy as np
from fastdigest import TDigest as Fast
from tdigest import TDigest

print("tdigest", version("tdigest"), "fastdigest", version("fastdigest"))
complaints = [0.0] * 90 + [1.0] * 10
digest = TDigest()
digest.batch_update(complaints)
other = Fast.from_values(complaints)
asked = (50, 80, 88)
truth = np.percentile(complaints, asked, method="inverted_cdf").tolist()
seen = [round(digest.percentile(p), 3) for p in asked]
fast = [round(other.quantile(p / 100), 3) for p in asked]
print(f"guess: percentiles {asked} are {truth}, and 90 % of the values are at most 0")
print(f"seen:  {seen}, and {digest.cdf(0):.0%} are at most 0; fastdigest says {fast}")
as_described = truth == fast == [0, 0, 0] and 0.05 < seen[0] < seen[1] < seen[2] < 1 and digest.cdf(0) < 0.5
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
