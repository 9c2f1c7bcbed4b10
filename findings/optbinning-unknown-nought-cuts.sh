#!/bin/sh
# optbinning with cat_unknown=0 ("WoE 0 for a category never seen") cuts the fraction off every WoE: all become whole.
#
# Why one guesses otherwise: cat_unknown is documented as the value for categories that were not seen, and 0 is what the
# documentation of transform() promises for them; no other value should change. But the answer is made with
# numpy.full(shape, cat_unknown), whose dtype is that of cat_unknown: of an int, integers, into which WoE and event
# rates are then written. Nothing is said. With numbers, which have no categories, it happens too.
#
# Instead: cat_unknown=0.0.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check optbinning==1.0.0 scikit-learn==1.8.0 pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import sys
from importlib.metadata import version
import numpy as np
from optbinning import OptimalBinning

print("optbinning", version("optbinning"))
rng = np.random.default_rng(0)
plans = rng.choice(np.array(["basic", "plus", "gold"], dtype=object), 900)
rate = np.select([plans == "basic", plans == "plus"], [0.2, 0.4], 0.6)
y = (rng.random(900) < rate).astype(int)
asked = np.array(["basic", "plus", "gold", "never seen"], dtype=object)


def answers(unknown):
    fitted = OptimalBinning(dtype="categorical", cat_unknown=unknown).fit(plans, y)
    return fitted.transform(asked), fitted.transform(asked, metric="event_rate")


guess, seen = answers(0.0), answers(0)
print("guess: WoE", guess[0].round(3).tolist(), "event rate", guess[1].round(3).tolist(), "(with 0.0)")
print("seen:  WoE", seen[0].tolist(), "event rate", seen[1].tolist(), "(with 0)")
as_described = all(np.array_equal(np.trunc(a), b) for a, b in zip(guess, seen)) and not seen[1].any()
as_described = as_described and np.count_nonzero(guess[0]) == 3 and np.count_nonzero(guess[1]) == 3
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
