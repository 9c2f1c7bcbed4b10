"""What moves a row's values about and computes nothing: shapes, columns, pieces.

Each works on a tensor and on a constant alike, because both stand in an array of numpy's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dbml.scorer.onnx.registry import operator
from dbml.scorer.onnx.tensors import Element, Node, Tensor, dtype_of, filled
from dbml.scorer.plan import Unsupported, Value

# What is chosen by a place that the row tells, is chosen from so many at most.
MAX_CHOICES = 2_000


def _array(x: Any) -> Any:
    return x.array if isinstance(x, Tensor) else x


def _like(x: Any, array: Any) -> Any:
    return x.shaped(array) if isinstance(x, Tensor) else array


def whole(node: Node, x: Any, what: str = "a shape") -> list[int]:
    """The numbers of a constant.

    :raises Unsupported: the row tells them.
    """
    if isinstance(x, Tensor):
        raise Unsupported(f"{node.op} by {what} that the row tells")
    return [int(each) for each in np.ravel(x)]


@operator("Identity", "ZipMap", "Dropout")
def same(_: Node, x: Any, *__: Any) -> list[Any]:
    """What does not change a row's values or their order."""
    return [x]


@operator("Flatten")
def flatten(node: Node, x: Any) -> list[Any]:
    """A matrix of it."""
    axis = int(node.get("axis", 1))
    rows = math.prod(_array(x).shape[:axis])
    return [_like(x, _array(x).reshape(rows, -1))]


@operator("Reshape")
def reshape(node: Node, x: Any, shape: Any = None) -> list[Any]:
    """In another shape, where 0 is the size of the same axis and -1 what is left."""
    wanted = node.get("shape") if shape is None else whole(node, shape)
    array = _array(x)
    if not node.get("allowzero"):
        wanted = [array.shape[i] if each == 0 else each for i, each in enumerate(wanted)]
    return [_like(x, array.reshape([int(each) for each in wanted]))]


@operator("Squeeze")
def squeeze(node: Node, x: Any, axes: Any = None) -> list[Any]:
    """Without axes of size 1."""
    gone = node.get("axes") if axes is None else whole(node, axes)
    return [_like(x, np.squeeze(_array(x), None if gone is None else tuple(int(each) for each in gone)))]


@operator("Unsqueeze")
def unsqueeze(node: Node, x: Any, axes: Any = None) -> list[Any]:
    """With more axes of size 1."""
    return [_like(x, np.expand_dims(_array(x), tuple(node.get("axes") if axes is None else whole(node, axes))))]


@operator("Transpose")
def transpose(node: Node, x: Any) -> list[Any]:
    """With axes in another order."""
    return [_like(x, _array(x).transpose(node.get("perm")))]


@operator("Shape")
def shape_of(node: Node, x: Any) -> list[Any]:
    """The shape, which a row alone knows."""
    return [np.array(_array(x).shape[node.get("start", 0) : node.get("end")], dtype=np.int64)]


@operator("Size")
def size_of(_: Node, x: Any) -> list[Any]:
    """How many elements there are."""
    return [np.array(_array(x).size, dtype=np.int64)]


@operator("Expand")
def expand(node: Node, x: Any, shape: Any) -> list[Any]:
    """Repeated along axes of size 1."""
    made = np.broadcast_shapes(_array(x).shape, tuple(whole(node, shape)))
    node.room(made)
    return [_like(x, np.broadcast_to(_array(x), made))]


@operator("Tile")
def tile(node: Node, x: Any, times: Any) -> list[Any]:
    """Repeated as often as it says."""
    often = whole(node, times)
    node.room(_array(x).size * math.prod(often))
    return [_like(x, np.tile(_array(x), often))]


@operator("ConstantOfShape")
def constant_of_shape(node: Node, shape: Any) -> list[Any]:
    """One number, again and again."""
    import onnx

    wanted, value = whole(node, shape), node.get("value")
    node.room(wanted)
    number = np.zeros(1, np.float32) if value is None else onnx.numpy_helper.to_array(value).ravel()
    return [np.full(wanted, number[0])]


@operator("Range")
def span(node: Node, start: Any, limit: Any, delta: Any) -> list[Any]:
    """Numbers one after the other."""
    if any(isinstance(each, Tensor) for each in (start, limit, delta)):
        raise Unsupported("a Range that the row tells")
    node.room(max(0, math.ceil((float(limit) - float(start)) / float(delta))))
    return [np.arange(start, limit, delta, dtype=np.asarray(start).dtype)]


@operator("Constant")
def constant_node(node: Node) -> list[Any]:
    """A constant that is a node."""
    import onnx

    kinds = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64}
    for name, kind in kinds.items():
        if node.get(name) is not None:
            return [np.array(node.get(name), dtype=kind)]
    if node.get("value") is None:
        raise Unsupported("a Constant that is no tensor of numbers")
    found = onnx.numpy_helper.to_array(node.get("value"))
    node.room(found.shape)
    return [found]


@operator("Concat")
def concat(node: Node, *parts: Any) -> list[Any]:
    """Side by side."""
    node.room(sum(_array(part).size for part in parts))
    axis = int(node.get("axis", 1))
    if all(not isinstance(part, Tensor) for part in parts):
        return [np.concatenate(parts, axis)]
    dtype = next(part.dtype for part in parts if isinstance(part, Tensor))
    tensors = [node.tensor(part) for part in parts]
    rank = max(1, max(part.array.ndim for part in tensors))
    return [Tensor(np.concatenate([part.array for part in tensors], min(axis, rank - 1)), dtype)]


@operator("Split")
def split(node: Node, x: Any, sizes: Any = None) -> list[Any]:
    """Pieces."""
    array, axis = _array(x), int(node.get("axis", 0))
    given = node.get("split") if sizes is None else whole(node, sizes)
    if given is None:
        count = int(node.get("num_outputs") or node.get("outputs"))
        step = math.ceil(array.shape[axis] / count)
        given = [min(step, array.shape[axis] - i * step) for i in range(count)]
    return [_like(x, part) for part in np.split(array, np.cumsum(given)[:-1], axis)]


@operator("Slice")
def cut(node: Node, x: Any, *given: Any) -> list[Any]:
    """Pieces from one place to another."""
    array = _array(x)
    parts = [None if each is None else whole(node, each) for each in given] or [node.get("starts"), node.get("ends")]
    starts, ends = parts[0] or [], parts[1] or []
    axes = (parts[2] if len(parts) > 2 else None) or node.get("axes") or list(range(len(starts)))
    steps = (parts[3] if len(parts) > 3 else None) or [1] * len(starts)
    places: list[Any] = [slice(None)] * array.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        # Going back, what lies before the first is said as a number below all places.
        last = None if step < 0 and end < -array.shape[axis] else end
        places[axis] = slice(start, last, step)
    return [_like(x, array[tuple(places)])]


@operator("ArrayFeatureExtractor")
def columns(node: Node, x: Any, places: Any) -> list[Any]:
    """Some columns."""
    array = _array(x)
    if isinstance(places, Tensor):
        return [_picked(node, np.ravel(array) if array.ndim < 2 or array.shape[0] == 1 else None, x, places)]
    wanted = whole(node, places)
    node.room(math.prod(array.shape[:-1]) * len(wanted))
    found = array[..., wanted]
    return [_like(x, found if found.ndim > 1 else found.reshape(1, -1))]


@operator("Gather")
def gather(node: Node, x: Any, places: Any) -> list[Any]:
    """What stands at some places of an axis."""
    array, axis = _array(x), int(node.get("axis", 0))
    if isinstance(places, Tensor):
        if array.ndim != 1:
            return [_rows(node, x, places, axis)]
        return [_picked(node, array, x, places)]
    wanted = np.asarray(places).astype(np.int64)
    node.room(array.size // max(1, array.shape[axis]) * wanted.size)
    return [_like(x, np.take(array, wanted, axis))]


@operator("GatherElements")
def gather_elements(node: Node, x: Any, places: Any) -> list[Any]:
    """For each place, what stands there along an axis."""
    array, axis = _array(x), int(node.get("axis", 0))
    if not isinstance(places, Tensor):
        return [_like(x, np.take_along_axis(array, np.asarray(places).astype(np.int64), axis))]
    asked = np.moveaxis(places.array, axis, -1)
    given = np.moveaxis(node.tensor(x).array, axis, -1)[tuple(slice(size) for size in asked.shape[:-1])]
    rows = [[_choice(node, list(given[place]), one) for one in asked[place]] for place in np.ndindex(asked.shape[:-1])]
    made = filled(asked.shape, [each for row in rows for each in row])
    return [Tensor(np.moveaxis(made, -1, axis), dtype_of(x))]


def _picked(node: Node, row: Any, x: Any, places: Tensor) -> Tensor:
    """What stands in a row at the places that the row itself tells."""
    if row is None:
        raise Unsupported(f"{node.op} of several rows")
    if dtype_of(x) == "string":  # a label: nothing is computed from it
        return Tensor(filled(places.array.shape, [Element(None)] * places.array.size), "string")  # type: ignore[arg-type]
    given = node.tensor(x.shaped(row) if isinstance(x, Tensor) else row).elements
    return Tensor(filled(places.array.shape, [_choice(node, given, each) for each in places.elements]), dtype_of(x))


def _rows(node: Node, x: Any, places: Tensor, axis: int) -> Tensor:
    """Rows of a table by the places that the row tells: an embedding, or the steps of a search."""
    table = np.moveaxis(node.tensor(x).array, axis, 0)
    inner = table.shape[1:]
    node.room(places.array.size * math.prod(inner))
    flat = table.reshape(table.shape[0], -1)
    made = [_choice(node, list(flat[:, j]), each) for each in places.elements for j in range(flat.shape[1])]
    array = filled((*places.array.shape, *inner), made)
    # The axes of the places stand where the axis was.
    for step in range(axis):
        array = np.moveaxis(array, places.array.ndim + step, step)
    return Tensor(array, dtype_of(x))


def _choice(node: Node, given: Sequence[Element], place: Element) -> Element:
    """The element at a place."""
    if len(given) > MAX_CHOICES:
        raise Unsupported(f"{node.op} of {len(given)} by a place that the row tells")
    node.budget.take(node.name, 0 if len(given) < 3 else len(given))
    plan = node.plan
    known = [plan.known(each.value) for each in given]
    mosts = [each.most for each in given]
    most = None if any(each is None for each in mosts) else max(mosts)  # type: ignore[type-var]
    index = place.value
    # A place below 0 is counted from the end.
    index = index if place.most is not None and _positive(place) else index.less(0.0).select(index + len(given), index)
    if all(number is not None for number in known) and all(each.error is None for each in given):
        value = index.lookup(range(len(given)), known)  # type: ignore[arg-type]
    else:
        value = _selected(given, index, lambda each: each.value)
    errors: list[Value] = []
    if any(each.error is not None for each in given):
        zero = plan.constant(0.0)
        errors.append(_selected(given, index, lambda each: zero if each.error is None else each.error))
    if place.error is not None:
        numbers = [number for number in known if number is not None]
        far = max(numbers) - min(numbers) if len(numbers) == len(given) else math.inf
        errors.append(plan.constant(0.0).less(place.error).select(far, 0.0))
    return Element(value, plan.sum(errors) if errors else None, most)


def _positive(place: Element) -> bool:
    return place.value.plan.op(place.value) in ("indicator", "match", "lookup")


def _selected(given: Sequence[Element], index: Value, of: Any) -> Value:
    found = index.plan.constant(math.nan)
    for number, each in reversed(list(enumerate(given))):
        found = index.equal(float(number)).select(of(each), found)
    return found
