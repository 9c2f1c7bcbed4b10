"""jpmml-evaluator, the reference implementation of PMML, in a Java of its own that ends with this process."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dbml.scorer.pmml.document import Element

# The names of what is asked for beside the document's own fields.
_PREDICTED, _CHANCE, _ERROR = "dbml: predicted", "dbml: class {}", "dbml: error"


class NoJudge(Exception):
    """jpmml-evaluator or Java is not there; the message says which."""


@functools.cache
def _backend() -> Any:
    try:
        import jpmml_evaluator
        from jpmml_evaluator.py4j import Py4JBackend
        from py4j.java_gateway import JavaGateway
    except ImportError as error:
        raise NoJudge(f"the package jpmml_evaluator ({error})") from error
    if shutil.which("java") is None:
        raise NoJudge("Java, and there is no java on PATH")
    classpath = os.pathsep.join(jpmml_evaluator._classpath([]))
    return Py4JBackend(JavaGateway.launch_gateway(classpath=classpath, enable_auth=True, die_on_exit=True))


class Judge:
    """One document in jpmml-evaluator.

    :param root: of the document.
    :param model: its model's element, which the answers are asked of.
    :param labels: the classes whose probabilities are asked for.
    :param classes: whether it predicts one of some classes.
    :param used: the data fields that it looks at for one row or another.
    :raises NoJudge: it cannot be asked here.
    """

    def __init__(
        self, root: Element, model: Element, labels: Sequence[str], used: Sequence[str], *, classes: bool
    ) -> None:
        backend = _backend()
        import jpmml_evaluator

        self.labels = labels
        self._known: dict[tuple[Any, ...], tuple[Any, ...] | str] = {}
        with tempfile.TemporaryDirectory(prefix="dbml-pmml-") as folder:
            file = Path(folder) / "model.pmml"
            file.write_bytes(_asking(root, model, labels, classes))
            self._evaluator = jpmml_evaluator.make_evaluator(str(file), backend=backend)
            file.write_bytes(_looking(root, model, used))
            self._looking = jpmml_evaluator.make_evaluator(str(file), backend=backend)

    def answers(self, rows: pd.DataFrame) -> tuple[list[Any], Any]:
        """What it predicts for each row, and the probability of each class.

        :raises ValueError: it refuses a row.
        """
        # Rows are asked again and again, alone and among others, and one trip to Java takes as long as a hundred rows.
        keys = [tuple(None if value != value else value for value in row) for row in rows.itertuples(index=False)]
        fresh = list(dict.fromkeys(key for key in keys if key not in self._known))
        if fresh:
            self._known |= dict(zip(fresh, self._asked(fresh, list(rows.columns)), strict=True))
        found = [self._known[key] for key in keys]
        refused = next((each for each in found if isinstance(each, str)), None)
        if refused is not None:
            raise ValueError(refused)
        chances = np.array([each[1:] for each in found], dtype=np.float64).reshape(len(rows), len(self.labels))
        return [each[0] for each in found], chances

    def _asked(self, rows: Sequence[tuple[Any, ...]], names: list[str]) -> list[tuple[Any, ...] | str]:
        frame = pd.DataFrame(rows, columns=names, dtype=object)
        columns = [_PREDICTED, *(_CHANCE.format(place) for place in range(len(self.labels)))]
        said = self._evaluator.evaluateAll(frame, error_col=_ERROR)
        values = [_column(said, column, len(rows)) for column in columns]
        looked = self._looking.evaluateAll(frame, error_col=_ERROR)
        found: list[tuple[Any, ...] | str] = []
        for each, *errors in zip(
            zip(*values, strict=True), _column(looked, _ERROR, len(rows)), _column(said, _ERROR, len(rows)), strict=True
        ):
            error = next((error for error in errors if isinstance(error, str)), None)
            found.append(each if error is None else error.splitlines()[0])
        return found


def _column(said: pd.DataFrame, name: str, count: int) -> list[Any]:
    return said[name].tolist() if name in said else [None] * count


def _asking(root: Element, model: Element, labels: Sequence[str], classes: bool) -> bytes:
    """The document with an output for what is asked, and none else."""
    # Of a chain the last model is asked: of the whole, jpmml-evaluator gives each probability of integers as 0.
    asked = _last(model)
    output = ET.Element("Output")
    ET.SubElement(
        output,
        "OutputField",
        name=_PREDICTED,
        feature="predictedValue",
        dataType="string" if classes else "double",
        optype="categorical" if classes else "continuous",
    )
    for number, label in enumerate(labels):
        ET.SubElement(
            output,
            "OutputField",
            name=_CHANCE.format(number),
            feature="probability",
            value=label,
            dataType="double",
            optype="continuous",
        )
    own = list(asked)
    asked[:] = [child for child in own if child.tag not in ("Output", "ModelVerification")]
    asked.insert([child.tag for child in asked].index("MiningSchema") + 1, output)
    attributes = {"xmlns": "http://www.dmg.org/PMML-4_4", **root.attrib, "version": "4.4"}
    whole = ET.Element("PMML", attributes)
    whole.extend(root)
    content: bytes = ET.tostring(whole, encoding="utf-8", xml_declaration=True)
    asked[:] = own
    return content


def _looking(root: Element, model: Element, used: Sequence[str]) -> bytes:
    """A document whose model looks at all the fields at once.

    jpmml-evaluator looks at a field when it comes to it, so that an invalid value is refused on some ways through a
    tree and not on others; by the standard the value is invalid for the model.
    """
    whole = ET.Element("PMML", {"xmlns": "http://www.dmg.org/PMML-4_4", "version": "4.4"})
    ET.SubElement(whole, "Header")
    dictionary = root.find("DataDictionary")
    assert dictionary is not None
    fields = [each for each in dictionary if each.get("name") in used]
    ET.SubElement(whole, "DataDictionary").extend(fields)
    looking = ET.SubElement(whole, "RegressionModel", functionName="regression")
    schema = ET.SubElement(looking, "MiningSchema")
    schema.extend([each for each in model.findall("MiningSchema/MiningField") if each.get("name") in used])
    table = ET.SubElement(looking, "RegressionTable", intercept="0")
    # Fields of texts come first: after a number that is missing it looks no further.
    for field in sorted(fields, key=lambda each: each.get("dataType") != "string"):
        ET.SubElement(table, "CategoricalPredictor", name=str(field.get("name")), value="0", coefficient="1")
    content: bytes = ET.tostring(whole, encoding="utf-8", xml_declaration=True)
    return content


def _last(model: Element) -> Element:
    """The model that answers for a chain."""
    while (segmentation := model.find("Segmentation[@multipleModelMethod='modelChain']")) is not None:
        model = list(segmentation.findall("Segment")[-1])[-1]
    return model
