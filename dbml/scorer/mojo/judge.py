"""H2O's own scorer, from the jar of its Python package, in a Java of its own that ends with this process."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np


class NoJudge(Exception):
    """H2O or Java is not there; the message says which."""


@functools.cache
def _java() -> Any:
    try:
        from py4j.java_gateway import JavaGateway
    except ImportError as error:
        raise NoJudge(f"the package py4j ({error})") from error
    found = importlib.util.find_spec("h2o")
    # Asked for where it lies: to import H2O takes a second.
    if found is None or found.origin is None:
        raise NoJudge("the package h2o")
    jar = Path(found.origin).parent / "backend" / "bin" / "h2o.jar"
    if not jar.exists():
        raise NoJudge(f"{jar}, which the package h2o should bring")
    if shutil.which("java") is None:
        raise NoJudge("Java, and there is no java on PATH")
    return JavaGateway.launch_gateway(classpath=os.fspath(jar), enable_auth=True, die_on_exit=True).jvm


class Judge:
    """One MOJO in H2O's scorer, asked as ``h2o.mojo_predict_csv`` asks it: a level that fit never saw is missing.

    :param content: the file's bytes.
    :param texts: the features that are categories.
    :param offset: the feature that is the offset, if one is.
    :raises NoJudge: it cannot be asked here.
    """

    def __init__(self, content: bytes, texts: Sequence[str], offset: str | None) -> None:
        self._jvm = _java()
        self._texts, self._offset = frozenset(texts), offset
        self._known: dict[tuple[Any, ...], list[float] | str] = {}
        easy = self._jvm.hex.genmodel.easy
        with tempfile.TemporaryDirectory(prefix="dbml-mojo-") as folder:
            file = Path(folder, "model.zip")
            file.write_bytes(content)
            model = self._jvm.hex.genmodel.MojoModel.load(str(file))
        config = easy.EasyPredictModelWrapper.Config().setModel(model).setConvertUnknownCategoricalLevelsToNa(True)
        self._scorer = easy.EasyPredictModelWrapper(config)
        # A list of rows reaches Java in one trip, instead of one a value.
        self._reader = self._jvm.com.google.gson.Gson()
        self._rows = self._jvm.java.lang.Class.forName("[Lhex.genmodel.easy.RowData;")

    def answers(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        """What H2O answers, shape ``(rows, answers)``: a value, or the class's place and each class's probability.

        :raises ValueError: it refuses a row, or answers with no number.
        """
        keys = [tuple(row.items()) for row in rows]
        fresh = list(dict.fromkeys(key for key in keys if key not in self._known))
        if fresh:
            self._known |= dict(zip(fresh, self._asked([dict(key) for key in fresh]), strict=True))
        found = [self._known[key] for key in keys]
        refused = next((each for each in found if isinstance(each, str)), None)
        if refused is not None:
            raise ValueError(refused)
        return np.array(found, dtype=np.float64)

    def _asked(self, rows: list[dict[str, Any]]) -> list[list[float] | str]:
        from py4j.protocol import Py4JJavaError

        offsets = [float(row.pop(self._offset)) if self._offset is not None else 0.0 for row in rows]
        given = self._reader.fromJson(json.dumps([self._written(row) for row in rows]), self._rows)
        found: list[list[float] | str] = []
        for row, offset in zip(given, offsets, strict=True):
            try:
                said = self._jvm.java.util.Arrays.toString(self._scorer.predictRaw(row, offset))
                numbers = [float(number) for number in said[1:-1].split(",")]
                found.append("H2O answers no number" if any(n != n for n in numbers) else numbers)
            except Py4JJavaError as error:
                found.append(str(error.java_exception.getMessage()))
        return found

    def _written(self, row: dict[str, Any]) -> dict[str, str]:
        """A row as H2O reads it: what is missing is left out, and a number is written as Java does."""
        present = {name: value for name, value in row.items() if value is not None and value == value}
        return {
            name: value if name in self._texts else repr(float(value)).replace("inf", "Infinity")
            for name, value in present.items()
        }
