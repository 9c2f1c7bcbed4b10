#!/bin/sh
# H2O writes a column's name into a MOJO as a line of model.ini, and its reader takes the blanks off both ends: of a
# column " spend" the scorer asks for "spend", finds none in the very frame that the model was fitted on, and scores
# each row as if the value were missing. There is no error; predict in the cluster is right.
#
# Why one guesses otherwise: H2O takes the name as it is in frames and in predict, escapes line feeds of categories in
# the same file, and scores the MOJO with the columns of the frame. CSV headers such as "name, spend" make such names.
#
# Instead: strip the names of columns before h2o.H2OFrame.
set -eu
command -v java > /dev/null || { echo "needs java"; exit 2; }
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check h2o==3.46.0.11 pandas==2.3.3 numpy==2.2.6
venv/bin/python -W ignore - <<'PY'
import os, sys
import h2o, numpy as np, pandas as pd
from h2o.estimators import H2OGradientBoostingEstimator

h2o.init(max_mem_size="1g", nthreads=1, ip="127.0.0.1", bind_to_localhost=True, verbose=False)
h2o.no_progress()
jar = os.path.join(os.path.dirname(h2o.__file__), "backend", "bin", "h2o.jar")
random = np.random.default_rng(0)
rows = pd.DataFrame({"calls": random.normal(size=300), "spend": random.normal(size=300)})
rows["y"] = rows["calls"] + 5 * rows["spend"]
apart = {}
for name in ("spend", " spend"):
    given = rows.rename(columns={"spend": name})
    frame = h2o.H2OFrame(given)
    model = H2OGradientBoostingEstimator(ntrees=5, seed=1)
    model.train(x=["calls", name], y="y", training_frame=frame)
    file = model.download_mojo(path="model.zip")
    own = model.predict(frame).as_data_frame()["predict"]
    mojo = h2o.mojo_predict_pandas(given[["calls", name]], mojo_zip_path=file, genmodel_jar_path=jar)["predict"]
    apart[name] = float((own - mojo).abs().max())
    os.remove(file)
h2o.cluster().shutdown()
print("guess: the MOJO answers as predict does, for either name")
for name, distance in apart.items():
    print(f"seen:  column {name!r}: at most {distance:.3g} apart")
as_described = apart["spend"] < 1e-9 and apart[" spend"] > 1.0
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
