#!/bin/sh
# A SplineTransformer that was pickled beside SciPy 1.17 does not load beside SciPy 1.18, nor the other way round, with the
# very same scikit-learn: No module named 'scipy._lib.array_api_compat'. A skops file of it fails alike.
#
# Why one guesses otherwise: scikit-learn writes its own version into what it pickles and warns of another one (here there
# is none: it is the same), and the estimator's data are knots and coefficients. But it keeps SciPy's BSpline objects,
# which from 1.18 on are shells around another class, with a state of another form; a minor release of SciPy, of which no requirement of
# scikit-learn's speaks, decides whether yesterday's model loads.
#
# Instead: pin SciPy beside scikit-learn where a pickle is made and where it is read; or write the model as ONNX or as a plan.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
# SciPy 1.18 needs Python 3.12.
for python in python3 python3.14 python3.13 python3.12; do
    $python -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && break || python=
done
[ "$python" ] || { echo "needs Python 3.12 or newer" >&2; exit 2; }
$python -m venv venv
install() { venv/bin/pip install -qq --disable-pip-version-check scikit-learn==1.9.0 joblib==1.5.3 numpy==2.4.6 skops==0.16.0 "scipy==$1"; }
cat > write.py <<'PY'
import sys, joblib, numpy as np, scipy, skops.io
from sklearn.preprocessing import SplineTransformer
X = np.linspace(0, 1, 50).reshape(-1, 1)
model = SplineTransformer().fit(X)
joblib.dump((model, model.transform(X)), f"{scipy.__version__}.joblib")
skops.io.dump(model, f"{scipy.__version__}.skops")
PY
cat > read.py <<'PY'
import sys, joblib, numpy as np, scipy, sklearn, skops.io
X = np.linspace(0, 1, 50).reshape(-1, 1)
wrote, seen = sys.argv[1], []
def of_skops():
    file = f"{wrote}.skops"
    return skops.io.load(file, trusted=skops.io.get_untrusted_types(file=file))
for form, load in (("joblib", lambda: joblib.load(f"{wrote}.joblib")[0]), ("skops", of_skops)):
    try:
        load().transform(X)
        seen.append("loads")
    except Exception as error:
        seen.append(type(error).__name__)
    print(f"scikit-learn {sklearn.__version__}, {form}: SciPy {wrote} -> {scipy.__version__}: {seen[-1]}")
same = wrote == scipy.__version__
sys.exit(not all((one == "loads") == same for one in seen))
PY
echo "guess: each loads, or warns that versions differ"
install 1.17.1; venv/bin/python write.py; venv/bin/python read.py 1.17.1 || { echo CHANGED; exit 1; }
install 1.18.1; venv/bin/python write.py
{ venv/bin/python read.py 1.17.1 && venv/bin/python read.py 1.18.1; } || { echo CHANGED; exit 1; }
install 1.17.1
venv/bin/python read.py 1.18.1 || { echo CHANGED; exit 1; }
echo "as described"
