#!/bin/sh
# onnxruntime's ReduceMax of a row with a NaN is neither NaN nor the greatest number of the row: of 0, NaN, 2, 3 it is 2.
# It goes over rows of an even width in strides, and a NaN makes it forget what its stride has seen. Of five numbers it
# is the greatest of the others, and with the NaN in front it is NaN. ReduceMin is the same.
#
# Why one guesses otherwise: the reference evaluator of onnx, numpy and torch answer NaN, fmax would answer 3, and
# onnxruntime's own Max, Clip and Relu pass NaN on.
#
# Instead: put Where(IsNaN(x), fill, x) before it; or impute what is missing before the model.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check onnx==1.22.0 onnxruntime==1.23.2 numpy==2.3.5
venv/bin/python -W ignore - <<'PY'
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, size]) for name, size in (("x", None), ("y", 1)))
node = helper.make_node("ReduceMax", ["x"], ["y"], axes=[1])
opsets = [helper.make_opsetid("", 13)]
model = helper.make_model(helper.make_graph([node], "g", [x], [y]), opset_imports=opsets, ir_version=8)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
reference = ReferenceEvaluator(model)
nan = np.nan
rows = [[0, nan, 2, 3], [0, nan, 2, 3, 4], [0, 1, nan, 3], [nan, 1, 2, 3]]
print("guess: NaN for each of them, as the reference has it; or else the greatest of the others")
said = []
for row in rows:
    given = {"x": np.array([row], dtype=np.float32)}
    ours, theirs = (float(np.ravel(each.run(None, given)[0])[0]) for each in (session, reference))
    said.append(ours)
    print(f"seen:  {row}: onnxruntime {ours}, the reference {theirs}")
as_described = said[:3] == [2.0, 4.0, 3.0] and np.isnan(said[3])
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
