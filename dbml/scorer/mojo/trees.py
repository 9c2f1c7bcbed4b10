"""H2O's compressed trees, as nodes of a plan.

A node is a byte of its form, the column (two bytes; 65535 says that the tree is one leaf), a byte of where missing
values go, and what it asks: a float32, of which lower values go left; or a set of bits, of which those that are set
go right. The left subtree follows behind its length, then the right one; a leaf is a float32. All is little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from dbml.scorer.mojo.archive import MAX_FILES, Archive, Column, NotReadable
from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.trees import Ensemble

_ONE_LEAF = 65535
# Where missing values go.
_KNOWN_LEFT, _LEFT = 1, (2, 4)
# Of the first byte: how wide the left subtree's length is, or that it is a leaf; what is asked; whether a leaf is
# right.
_LENGTH, _LEFT_LEAF, _ASKED, _RIGHT_LEAF = 0x03, 0x10, 0x0C, 0x40
_BITS_OF_32, _BITS_OF_MANY = 8, 12
_AUX = struct.Struct("<ii6f2i")


def sums(archive: Archive, values: Sequence[Value]) -> list[Value]:
    """The sum of the trees, one for each class that has trees.

    :param values: of the features; a text's place among its levels, NaN where it is none.
    :raises NotReadable: a tree is none.
    :raises Unsupported: its trees are of an older form, or ask for what the file's encoding makes of the columns.
    """
    if archive.number("mojo_version") < 1.2:
        raise Unsupported(f"trees of the MOJO version {archive.get('mojo_version')}")
    encoding = archive.get("_genmodel_encoding", "AUTO")
    if encoding not in ("AUTO", "Enum", "SortByResponse"):
        raise Unsupported(f"trees with the categorical_encoding {encoding}")
    per_class, count = int(archive.number("n_trees_per_class")), int(archive.number("n_trees"))
    if per_class * count > MAX_FILES:
        raise NotReadable(f"it says {per_class * count} trees")
    found = []
    for group in range(per_class):
        ensemble = Ensemble()
        for number in range(count):
            name = f"trees/t{group:02d}_{number:03d}"
            if archive.has(f"{name}.bin"):
                covers = _covers(archive.bytes(f"{name}_aux.bin")) if archive.has(f"{name}_aux.bin") else {}
                try:
                    _Tree(archive.bytes(f"{name}.bin"), archive.columns[: len(values)], covers).grow(ensemble)
                except (struct.error, IndexError) as error:
                    raise NotReadable(f"{name}.bin leads out of itself ({error})") from None
        found.append(ensemble.node(values[0].plan, values))
    return found


def _covers(content: bytes) -> dict[int, tuple[float, float, int, int]]:
    """Per node that asks: how much of the training data went left and right, and the nodes there."""
    return {
        found[0]: (found[2], found[3], found[8], found[9])
        for found in _AUX.iter_unpack(content[: len(content) // _AUX.size * _AUX.size])
    }


class _Tree:
    def __init__(self, content: bytes, columns: Sequence[Column], covers: dict[int, tuple[float, float, int, int]]):
        self.content, self.columns, self.covers = content, columns, covers
        self.leaf: list[bool] = []
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.left: list[int] = []
        self.right: list[int] = []
        self.missing_left: list[bool] = []
        self.sets: dict[int, list[float]] = {}
        self.cover: list[float] = []

    def grow(self, ensemble: Ensemble) -> None:
        """Add the tree."""
        root = sum(self.covers[0][:2]) if self.covers else 0.0
        if self._read("<H", 1)[0] == _ONE_LEAF:
            self._new(3, True, root)
        else:
            self._branches(root)
        ensemble.add_arrays(
            leaf=np.array(self.leaf),
            feature=np.array(self.feature),
            threshold=np.array(self.threshold),
            value=np.array(self.threshold),
            left=np.array(self.left),
            right=np.array(self.right),
            missing_left=np.array(self.missing_left),
            sets=self.sets,
            cover=np.array(self.cover) if self.covers else None,
        )

    def _branches(self, root: float) -> None:
        # Where it lies in the file, its node of the plan, and its number in the file's weights.
        waiting = [(0, self._new(0, False, root), 0)]
        while waiting:
            offset, node, number = waiting.pop()
            form, column, missing = self._read("<BHB", offset)
            if column >= len(self.columns):
                raise NotReadable(f"a tree asks for column {column}, and there are {len(self.columns)} features")
            offset = self._question(node, form, column, missing, offset + 4)
            if form & _LEFT_LEAF:
                right, left_leaf = offset + 4, True
            else:
                width = (form & _LENGTH) + 1
                length = int.from_bytes(self.content[offset : offset + width], "little")
                offset, left_leaf = offset + width, False
                right = offset + length
                if length == 0:
                    raise NotReadable("a tree has a branch of no length")
            weight = self.covers.get(number, (0.0, 0.0, -1, -1))
            right_leaf = bool(form & _RIGHT_LEAF)
            self.left[node] = self._new(offset, left_leaf, weight[0])
            self.right[node] = self._new(right, right_leaf, weight[1])
            if not right_leaf:
                waiting.append((right, self.right[node], weight[3]))
            if not left_leaf:
                waiting.append((offset, self.left[node], weight[2]))

    def _new(self, offset: int, leaf: bool, cover: float) -> int:
        if len(self.leaf) > len(self.content):
            raise NotReadable("a tree leads back into itself")
        self.leaf.append(leaf)
        self.threshold.append(self._read("<f", offset)[0] if leaf else 0.0)
        self.feature.append(0)
        self.left.append(0)
        self.right.append(0)
        self.missing_left.append(False)
        self.cover.append(cover)
        return len(self.leaf) - 1

    def _question(self, node: int, form: int, column: int, missing: int, offset: int) -> int:
        """Note what a node asks; returns where its left branch begins."""
        self.feature[node] = column
        self.missing_left[node] = missing in _LEFT
        asked = form & _ASKED
        if missing == _KNOWN_LEFT:
            self.threshold[node] = np.inf
            return offset
        if asked == 0:
            # What is equal goes right in H2O, and left in a plan.
            self.threshold[node] = float(np.nextafter(self._read("<f", offset)[0], -np.inf))
            return offset + 4
        if asked == _BITS_OF_32:
            first, count, offset = 0, 32, offset
        elif asked == _BITS_OF_MANY:
            first, count = self._read("<Hi", offset)
            offset += 6
        else:
            raise Unsupported(f"a tree with a split of the form {asked}")
        width = (count - 1) // 8 + 1
        bits = np.frombuffer(self.content, dtype=np.uint8, count=width, offset=offset)
        goes_right = np.unpackbits(bits, bitorder="little")[:count]
        levels = len(self.columns[column].levels or ())
        # A level beyond the bits goes where what is missing goes.
        beyond = [place for place in range(levels) if not first <= place < first + count]
        left = [first + int(place) for place in np.flatnonzero(goes_right == 0) if first + place < levels]
        self.sets[node] = [float(place) for place in (*left, *(beyond if self.missing_left[node] else ()))]
        return offset + width

    def _read(self, form: str, offset: int) -> tuple[int, ...]:
        return struct.unpack_from(form, self.content, offset)
