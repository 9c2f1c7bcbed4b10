#!/bin/sh
# river.metrics.ROCAUC of a good model for rare events is 0.5: all scores below 0.1 fall between its first two
# thresholds.
#
# Why one guesses otherwise: the metric takes scores one at a time and its page calls it an approximation, so one
# expects a second decimal that is off. It keeps ten equally spaced thresholds from 0 to 1 and joins the points
# by lines: a model whose probabilities end at 0.1, as those of churn or fraud do, has two points, and a
# straight line is 0.5. A worse model with bolder scores wins any comparison.
#
# Instead: n_thresholds=1000 or more if scores are small, RollingROCAUC over a window (exact), or collect and use
# scikit-learn; feed ranks or calibrated quantiles instead of probabilities.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check river==0.26.1 scikit-learn==1.8.0
venv/bin/python -W ignore - <<'PY'
import sys
import numpy as np, river
from river import metrics
from sklearn.metrics import roc_auc_score

print("river", river.__version__)
rng = np.random.default_rng(0)
event = rng.random(5000) < 0.02
good = np.where(event, rng.uniform(0.02, 0.1, 5000), rng.uniform(0, 0.04, 5000))
poor = np.clip(rng.normal(0.45, 0.2, 5000) + 0.1 * event, 0, 1)


def streamed(scores, metric):
    for truth, p in zip(event.tolist(), scores.tolist()):
        metric.update(truth, {True: p, False: 1 - p})
    return metric.get()


for name, scores in (("good", good), ("poor", poor)):
    print(f"{name} model: guess {roc_auc_score(event, scores):.3f}, seen {streamed(scores, metrics.ROCAUC()):.3f},",
          f"with 1,000 thresholds {streamed(scores, metrics.ROCAUC(n_thresholds=1000)):.3f}")
as_described = (roc_auc_score(event, good) > 0.9 and streamed(good, metrics.ROCAUC()) == 0.5
                and streamed(poor, metrics.ROCAUC()) > 0.55
                and abs(streamed(good, metrics.ROCAUC(n_thresholds=1000)) - roc_auc_score(event, good)) < 0.01)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
