"""A version as a function of Spark's: its plan, run by NumPy, without dbml or scikit-learn on the executors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it
from pyspark.sql.types import BooleanType, DoubleType, IntegerType, NumericType, StringType, StructField, StructType

from dbml import errors
from dbml._plpython.frame import to_wire
from dbml.database import Connection
from dbml.models import versions
from dbml.models.exports.checking import Stored
from dbml.models.exports.plan import confirm, golden, plan_of
from dbml.schema import runtime


@dataclass(frozen=True)
class Model:
    """A version that Spark scores by."""

    stored: Stored

    @classmethod
    def of(cls, connection: Connection, name: str, version: int | None = None) -> Model:
        """Read a version.

        :param version: None: the one that serves.
        :raises UnknownModel: it is not there, or nothing serves.
        :raises ExportError: the version has no plan, so that only scikit-learn can score by it.
        """
        number = versions.deployed(connection, name) if version is None else version
        stored = Stored(**vars(versions.content(connection, name, number)), schema="", trust=())
        plan_of(stored)
        return cls(stored)

    @property
    def features(self) -> list[tuple[str, str]]:
        """Name and kind (``text``, ``integer``, ``float``, ``boolean``) of each feature, in order."""
        return [(feature["name"], feature["kind"]) for feature in self.stored.features]

    def with_score(self, frame: DataFrame, column: str = "score") -> DataFrame:
        """Add a column with the score; NULL for a row that the model refuses.

        :param frame: has a column for each feature: text, a number or a boolean. What is unknown is NULL or NaN.
        :raises ScoringError: a column is missing, or has the wrong type.
        """
        types = {field.name: field.dataType for field in frame.schema.fields}
        for name, kind in self.features:
            if name not in types:
                raise errors.ScoringError(
                    f'the frame has no column "{name}", which is a feature of {self.stored.label}',
                    "Select it, or give it by withColumn.",
                )
            if not isinstance(types[name], StringType if kind == "text" else (NumericType, BooleanType)):
                raise errors.ScoringError(
                    f'column "{name}" of the frame is {types[name].simpleString()}, and {self.stored.label} takes '
                    f"{'text' if kind == 'text' else 'a number'}",
                    f'Cast it: withColumn("{name}", …).',
                )
        # A number is a double to every engine; as a decimal it would come as an object of Python's.
        given = [_column(name) if kind == "text" else _column(name).cast("double") for name, kind in self.features]
        return frame.withColumn(column, self._function()(*given))

    def confirm(self, spark: SparkSession) -> None:
        """Have Spark score the version's golden and hurtful rows, which is the gate of every engine.

        :raises ParityError: an answer is off.
        """
        numbers, texts = to_wire(self.stored.interface, golden(self.stored))
        kinds = [kind for _, kind in self.features]
        rows = []
        for place, (number, text) in enumerate(zip(numbers, texts, strict=True)):
            left = {True: iter(text), False: iter(number)}
            rows.append((place, *(next(left[kind == "text"]) for kind in kinds)))
        types = [StringType() if kind == "text" else DoubleType() for kind in kinds]
        names = [f"f{place}" for place in range(len(kinds))]
        fields = [StructField(name, type_) for name, type_ in zip(names, types, strict=True)]
        frame = spark.createDataFrame(rows, StructType([StructField("place", IntegerType()), *fields]))
        found = frame.select("place", self._function()(*names).alias("score")).collect()
        confirm(self.stored, "spark", "Spark", [score for _, score in sorted(found)])

    def _function(self) -> Callable[..., Any]:
        """The UDF over the features in order."""
        function = _scorer(plan_of(self.stored), [kind == "text" for _, kind in self.features])
        made: Callable[..., Any] = F.arrow_udf(function, "double")
        return made


def _column(name: str) -> Any:
    return F.col("`{}`".format(name.replace("`", "``")))


def _scorer(document: str, textual: Sequence[bool]) -> Callable[..., Any]:
    """The function that executors run. It brings the runtime's sources along, and names nothing of dbml."""
    package, sources = runtime.package_name(), runtime.sources("loader", *runtime.MODULES)

    def score(batches: Iterator[tuple[pa.Array, ...]]) -> Iterator[pa.Array]:
        import importlib

        import numpy as np
        import pyarrow as pa

        try:
            batch = importlib.import_module(f"{package}.batch")
        except ImportError:
            namespace: dict[str, Any] = {"__name__": "dbml_loader"}
            exec(sources["loader"], namespace)  # noqa: S102 - our own text, which came with this function
            namespace["register"](package, sources)
            batch = importlib.import_module(f"{package}.batch")
        # An executor's Python serves many tasks: the first reads the plan, whose trees are then prepared once.
        kept = vars(batch).setdefault("kept_for_spark", {})
        if document not in kept:
            kept[document] = importlib.import_module(f"{package}.plan").loads(document)
        plan = kept[document]

        def coded(column: pa.Array) -> Any:
            found = column.dictionary_encode()
            words = found.dictionary.to_pylist()
            return batch.Texts(found.indices.fill_null(len(words)).to_numpy(zero_copy_only=False), [*words, None])

        for columns in batches:
            given = list(zip(columns, textual, strict=True))
            # NULL becomes NaN, which is the same to every engine.
            numbers = [column.to_numpy(zero_copy_only=False) for column, text in given if not text]
            texts = [coded(column) for column, text in given if text]
            count = len(columns[0])
            rows = batch.Rows(np.array(numbers, dtype=np.float64).reshape(len(numbers), count), texts, count)
            scores = batch.score_columns(plan, rows)
            yield pa.array(scores, mask=np.isnan(scores))

    return score
