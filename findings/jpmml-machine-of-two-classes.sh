#!/bin/sh
# jpmml-evaluator says the same class for every row of a two-class support vector machine of R. R's package pmml (2.6.0,
# of e1071 and kernlab) writes one machine with targetCategory and alternateTargetCategory, and no classificationMethod.
# The standard's default is then OneAgainstAll, which has one machine a class: of one class that class always wins, and the
# alternate category is not looked at. There is no warning. With classificationMethod="OneAgainstOne" it is R's own answer.
#
# Why one guesses otherwise: the file is valid by the schema, it names both classes in the machine itself, and of three
# classes, where R does write OneAgainstOne, all is well.
#
# Instead: write classificationMethod="OneAgainstOne" into the file wherever a machine has an alternateTargetCategory.
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


def document(method: str) -> str:
    """What R's pmml writes of svm(churned ~ calls, kernel = "linear"), shortened to one vector: 3 - calls."""
    return f"""<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header/><DataDictionary>
<DataField name="churned" optype="categorical" dataType="string"/><DataField name="calls" optype="continuous" dataType="double"/>
</DataDictionary><SupportVectorMachineModel functionName="classification" {method}><MiningSchema><MiningField name="churned"
usageType="predicted"/><MiningField name="calls"/></MiningSchema><LinearKernelType/><VectorDictionary numberOfVectors="1">
<VectorFields><FieldRef field="calls"/></VectorFields><VectorInstance id="1"><Array n="1" type="real">1</Array></VectorInstance>
</VectorDictionary><SupportVectorMachine targetCategory="yes" alternateTargetCategory="no"><SupportVectors>
<SupportVector vectorId="1"/></SupportVectors><Coefficients absoluteValue="3"><Coefficient value="-1"/></Coefficients>
</SupportVectorMachine></SupportVectorMachineModel></PMML>"""


gateway = JavaGateway.launch_gateway(
    classpath=os.pathsep.join(library._classpath([])), enable_auth=True, die_on_exit=True
)
said = {}
for method in ("", 'classificationMethod="OneAgainstOne"'):
    with open("m.pmml", "w") as file:
        file.write(document(method))
    evaluator = library.make_evaluator("m.pmml", backend=Py4JBackend(gateway))
    said[method] = [evaluator.evaluate({"calls": calls})["churned"] for calls in (0.0, 2.0, 5.0, 9.0)]
gateway.shutdown()
print("guess: of 0, 2, 5 and 9 calls two are on each side of the machine: no, no, yes, yes")
for method, answers in said.items():
    print(f"seen:  {method or 'as R writes it'}: {', '.join(answers)}")
as_written, told = said.values()
as_described = as_written == ["yes"] * 4 and told == ["no", "no", "yes", "yes"]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
