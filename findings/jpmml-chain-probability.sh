#!/bin/sh
# jpmml-evaluator answers 0.0 for the probability of every class of an integer target where the output stands in a
# MiningModel by modelChain, and rightly where the same output stands in the chain's last model. The predicted class is
# right in both, and of a string target both are right.
#
# Why one guesses otherwise: the result of a chain is that of its last model, the outer MiningModel names the target, its
# predictedValue is right, and the class "1" is found where the Output stands one level below. There is no warning.
#
# Instead: put probabilities into the Output of the last segment, as sklearn2pmml does.
set -eu
command -v java > /dev/null || { echo "needs java"; exit 2; }
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check jpmml_evaluator==0.16.0 py4j==0.10.9.9 pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import os, sys
import jpmml_evaluator as library
from jpmml_evaluator.py4j import Py4JBackend
from py4j.java_gateway import JavaGateway

OUTPUT = """<Output><OutputField name="p" feature="probability" value="1" optype="continuous" dataType="double"/>
<OutputField name="label" feature="predictedValue" optype="categorical" dataType="string"/></Output>"""
TARGET = '<MiningField name="y" usageType="target"/>'


def document(outer: str, inner: str) -> str:
    return f"""<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header/><DataDictionary>
<DataField name="y" optype="categorical" dataType="integer"><Value value="0"/><Value value="1"/></DataField>
<DataField name="x" optype="continuous" dataType="double"/></DataDictionary>
<MiningModel functionName="classification"><MiningSchema>{TARGET}<MiningField name="x"/></MiningSchema>{outer}
<Segmentation multipleModelMethod="modelChain"><Segment><True/><RegressionModel functionName="classification"
normalizationMethod="logit"><MiningSchema>{TARGET}<MiningField name="x"/></MiningSchema>{inner}
<RegressionTable targetCategory="1" intercept="0"><NumericPredictor name="x" coefficient="1"/></RegressionTable>
<RegressionTable targetCategory="0" intercept="0"/></RegressionModel></Segment></Segmentation></MiningModel></PMML>"""


gateway = JavaGateway.launch_gateway(
    classpath=os.pathsep.join(library._classpath([])), enable_auth=True, die_on_exit=True
)
said = {}
for name, text in (("in the chain", document(OUTPUT, "")), ("in its last model", document("", OUTPUT))):
    with open("m.pmml", "w") as file:
        file.write(text)
    said[name] = library.make_evaluator("m.pmml", backend=Py4JBackend(gateway)).evaluate({"x": 1.0})
gateway.shutdown()
print("guess: the same probability, 0.731 of class 1, wherever the output stands")
for name, answer in said.items():
    print(f"seen:  {name}: {answer['p']!r}, label {answer['label']}")
chain, last = said.values()
as_described = chain["p"] == 0.0 and abs(last["p"] - 0.7310585786) < 1e-9 and chain["label"] == last["label"]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
