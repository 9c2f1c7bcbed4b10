"""An ONNX file's graph: its inputs, its nodes and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dbml.scorer.onnx import ensembles, limits
from dbml.scorer.plan import Unsupported


class NotReadable(Exception):
    """The bytes are no ONNX model."""


@dataclass(frozen=True)
class Input:
    """One input: its name, the type of its tensor, how many columns it has, and whether they are an axis of it."""

    name: str
    dtype: str
    width: int
    flat: bool = False


class Graph:
    """The graph of a model with one answer: probabilities beside a label, or a value.

    :param model: an ``onnx.ModelProto``.
    :raises Unsupported: inputs or outputs of other sorts.
    """

    def __init__(self, model: Any) -> None:
        import onnx

        self._graph = model.graph
        self.constants = {each.name: onnx.numpy_helper.to_array(each) for each in self._graph.initializer}
        self.nodes = [
            (node, {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}) for node in self._graph.node
        ]
        self.nodes = [_known(node, attributes) for node, attributes in self.nodes]
        self.version = max([1, *(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))])
        self.inputs = [_input(each) for each in self._graph.input if each.name not in self.constants]
        limits.check(model, [each.width for each in self.inputs])
        self._outputs()

    @classmethod
    def read(cls, content: bytes) -> Graph:
        """Read a file's bytes.

        :raises NotReadable: they are none of an ONNX model.
        :raises Exceeded: it is larger than :mod:`.limits` allow.
        """
        import onnx

        try:
            model = onnx.load_model_from_string(content)
            _refuse_other_files(model.graph)
            onnx.checker.check_model(model)
            return cls(model)
        except (Unsupported, limits.Exceeded):
            raise
        except Exception as error:
            # protobuf and the checker have exceptions of their own; the file's bytes are not to be shown.
            raise NotReadable((str(error).strip().splitlines() or [type(error).__name__])[0][:200]) from error

    def _outputs(self) -> None:
        """Find which output is the answer, and which the label, wherever they stand."""
        self.label_place = self.answer_place = -1
        kinds = [_output_kind(each) for each in self._graph.output]
        labels = [place for place, kind in enumerate(kinds) if kind in ("int64", "int32", "string")]
        scores = [place for place, kind in enumerate(kinds) if kind in ("float", "double", "map")]
        if len(kinds) == 1 and kinds[0] != "string" and kinds[0] != "map" and labels + scores:
            self.classifies, self.answer_place = False, 0
        elif len(kinds) == 2 and len(labels) == len(scores) == 1:
            self.classifies, self.label_place, self.answer_place = True, labels[0], scores[0]
        else:
            raise Unsupported(
                f"outputs of the types {', '.join(kinds) or 'none'}: it takes one number, or a label and probabilities"
            )

    @cached_property
    def width(self) -> int:
        """How many features there are."""
        return sum(each.width for each in self.inputs)

    @cached_property
    def names(self) -> list[str] | None:
        """The features' names: an input's own, with a number behind it where it has several columns.

        None where all are columns of one wide input, which has no names.
        """
        if len(self.inputs) == 1 and self.inputs[0].width > 1:
            return None
        found = [
            each.name if each.width == 1 else f"{each.name}{place}"
            for each in self.inputs
            for place in range(each.width)
        ]
        if len(set(found)) < len(found):
            raise Unsupported(
                "inputs whose columns would have one name: " + ", ".join(each.name for each in self.inputs)
            )
        return found

    def classes(self, count: int) -> list[Any] | None:
        """The labels, in the order of the probabilities; None where the graph does not say so many."""
        for node, attributes in reversed(self.nodes):
            for name in ("classlabels_strings", "classlabels_int64s", "classlabels_ints"):
                found = attributes.get(name)
                if found is not None and len(found) == count:
                    return [label.decode() if isinstance(label, bytes) else label for label in found]
            if node.op_type == "ArrayFeatureExtractor" and node.input[0] in self.constants:
                labels = self.constants[node.input[0]].ravel().tolist()
                if len(labels) == count:
                    return [label.decode() if isinstance(label, bytes) else label for label in labels]
        return None

    def output(self, place: int) -> str:
        """The name of an output."""
        name: str = self._graph.output[place].name
        return name


def _known(node: Any, attributes: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """A node as it is read: trees of the newer form as those of the older."""
    if node.op_type != "TreeEnsemble" or node.domain != "ai.onnx.ml":
        return node, attributes
    import onnx

    same = onnx.NodeProto()
    same.CopyFrom(node)
    same.op_type = "TreeEnsembleRegressor"
    return same, ensembles.as_regressor(attributes)


def _refuse_other_files(graph: Any) -> None:
    """A tensor may say that its numbers are in another file, any that the reader may read."""
    tensors = [*graph.initializer, *(a.t for node in graph.node for a in node.attribute if a.HasField("t"))]
    if any(tensor.external_data for tensor in tensors):
        raise Unsupported("weights that are in another file")


# By the numbers of onnx.TensorProto.
_DTYPES = {1: "float", 6: "int32", 7: "int64", 8: "string", 9: "bool", 11: "double"}


def _dtype(type_: Any) -> str:
    number = type_.tensor_type.elem_type
    return _DTYPES.get(number, f"tensor type {number}")


def _input(each: Any) -> Input:
    dtype = _dtype(each.type)
    dimensions = each.type.tensor_type.shape.dim
    if dtype.startswith("tensor type"):
        raise Unsupported(f'the input "{each.name}" of {dtype}: it takes float, double, int64, int32, bool and string')
    if dimensions and dimensions[0].dim_value > 1:
        raise Unsupported(f'the input "{each.name}" of {dimensions[0].dim_value} rows at once')
    if len(dimensions) == 1:
        return Input(each.name, dtype, 1, flat=True)
    if len(dimensions) != 2 or dimensions[1].dim_value < 1:
        raise Unsupported(f'the input "{each.name}" without a number of columns')
    return Input(each.name, dtype, dimensions[1].dim_value)


def _output_kind(each: Any) -> str:
    return "map" if each.type.HasField("sequence_type") else _dtype(each.type)
