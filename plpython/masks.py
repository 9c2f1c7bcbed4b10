"""Large forests of pure leaves by bit masks: which leaves does each value of a row leave possible?

A tree's leaf is a box: an interval on each number, a choice on each condition. For every number and every
interval between two thresholds there is a mask of the leaves whose box takes it. ``&`` over the features of a row
leaves one leaf a tree, and where leaves are worth 0 or 1, their sum is the number of bits. So a row costs a
bisection and a few dozen operations of C per feature instead of a dozen comparisons per tree, and reads 100 kB in
sequence instead of 10 MB at random.

Trees are taken in groups: a mask then changes only where a threshold of its group stands, and neighbours share
the others. The fewer groups, the fewer places of memory a row waits for, and the more memory masks take. They are
stored as changes from one interval to the next and built at first use.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

# Below, the generated conditional expressions are as fast, and smaller; above, masks would take too much memory
# (130 bytes a node).
NODES_AT_LEAST = 20_000
NODES_AT_MOST = 300_000
# Bytes of a model's masks in a session, by estimate: with them, a session of a forest of 200 trees stays below 40 MB.
MEMORY = 27e6
# An integer of CPython has 30 bits in 4 bytes, and a place in a tuple.
BYTES_OF_A_BIT = 4 / 30
BYTES_OF_AN_INTEGER = 40
# Values of several features that are looked up as one.
MERGED_AT_MOST = 300

Masks = tuple[int, ...]


def chosen(nodes: Sequence[Mapping[str, Any]]) -> set[int]:
    """Tell which nodes of a plan are ensembles that masks should score: by their places."""
    found = {i for i, node in enumerate(nodes) if node["op"] == "trees" and _fits(node)}
    return found if sum(len(nodes[i]["column"]) for i in found) <= NODES_AT_MOST else set()


def _fits(node: Mapping[str, Any]) -> bool:
    """Whether an ensemble is large, and all its leaves are worth 0 or 1 (so that sums are exact in any order)."""
    leaves = {t for c, t in zip(node["column"], node["threshold"]) if c < 0}
    plain = not node.get("sets") and not node.get("strict") and node["start"] == 0.0
    return len(node["column"]) >= NODES_AT_LEAST and leaves == {0.0, 1.0} and plain


class Boxes:
    """The boxes of the leaves that are worth 1, and the masks made of them.

    :param node: one of the :func:`chosen`.
    """

    def __init__(self, node: Mapping[str, Any]) -> None:
        self.column, self.threshold = node["column"], node["threshold"]
        self.left, self.right = node["left"], node["right"]
        self.missing_left = node.get("missing_left")
        width = len(node["of"])
        self.thresholds: list[list[float]] = [
            sorted({t for c, t in zip(self.column, self.threshold) if c == place}) for place in range(width)
        ]
        # Per column: (group, bit, first interval, last interval, whether NaN gets there), where it is bounded.
        self.bounded: list[list[tuple[int, int, int, int, bool]]] = [[] for _ in range(width)]
        self.full: list[int] = []
        roots = node["roots"]
        size = -(-len(roots) // self._groups(roots))
        for first in range(0, len(roots), size):
            self.full.append(0)
            for root in roots[first : first + size]:
                self._collect(root)
        self.full = [(1 << bits) - 1 for bits in self.full]

    def _groups(self, roots: Sequence[int]) -> int:
        """The fewest groups whose masks stay within the memory allowed, or nearly the fewest."""
        leaves = sum(column < 0 and worth == 1.0 for column, worth in zip(self.column, self.threshold))
        # A tree's nodes stand together.
        tree_of = [bisect_right(roots, place) - 1 for place in range(len(self.column))]
        groups = 1
        while groups < len(roots):
            size = -(-len(roots) // groups)
            edges = {
                (tree // size, column, threshold)
                for tree, column, threshold in zip(tree_of, self.column, self.threshold)
                if column >= 0
            }
            if len(edges) * (leaves / groups * BYTES_OF_A_BIT + BYTES_OF_AN_INTEGER) <= MEMORY:
                break
            groups += 1 + groups // 8
        return groups

    def _collect(self, root: int) -> None:
        group = len(self.full) - 1
        waiting: list[tuple[int, dict[int, tuple[int, int, bool]]]] = [(root, {})]
        while waiting:
            place, box = waiting.pop()
            column = self.column[place]
            if column < 0:
                if self.threshold[place] == 1.0:
                    bit = self.full[group]
                    self.full[group] += 1
                    for bounded, (low, high, missing) in box.items():
                        self.bounded[bounded].append((group, bit, low, high, missing))
                continue
            edges = self.thresholds[column]
            low, high, missing = box.get(column, (0, len(edges), True))
            edge = bisect_left(edges, self.threshold[place])
            to_left = bool(self.missing_left is not None and self.missing_left[place])
            if low <= min(high, edge) or (missing and to_left):
                waiting.append((self.left[place], {**box, column: (low, min(high, edge), missing and to_left)}))
            if max(low, edge + 1) <= high or (missing and not to_left):
                waiting.append(
                    (self.right[place], {**box, column: (max(low, edge + 1), high, missing and not to_left)})
                )

    def at(self, column: int, value: float) -> list[int]:
        """The masks for one value of a column; NaN for what is missing."""
        rank = bisect_left(self.thresholds[column], value)
        masks = list(self.full)
        for group, bit, low, high, missing in self.bounded[column]:
            if not (missing if value != value else low <= rank <= high):
                masks[group] ^= 1 << bit
        return masks

    def changes(self, column: int) -> list[int]:
        """What :func:`intervals` builds the masks of: per interval, how many groups change, and how."""
        found: list[dict[int, int]] = [{} for _ in range(len(self.thresholds[column]) + 1)]
        for group, bit, low, high, _ in self.bounded[column]:
            if low > high:
                continue  # only what is missing gets there
            if low:
                found[low][group] = found[low].get(group, 0) ^ (1 << bit)
            if high + 1 < len(found):
                found[high + 1][group] = found[high + 1].get(group, 0) ^ (1 << bit)
        flat: list[int] = []
        for here in found[1:]:
            flat.append(len(here))
            for group, bits in here.items():
                shift = (bits & -bits).bit_length() - 1
                flat += [group, max(shift, 0), bits >> max(shift, 0)]
        return flat


def intervals(first: Sequence[int], changes: Sequence[int]) -> list[Masks]:
    """Build the masks of each interval of a column, from those of the first."""
    masks = list(first)
    built = [tuple(masks)]
    numbers = iter(changes)
    for count in numbers:
        for _ in range(count):
            group = next(numbers)
            shift = next(numbers)
            masks[group] ^= next(numbers) << shift
        built.append(tuple(masks))
    return built


def merged(sources: Sequence[tuple[int, str, str]]) -> list[tuple[str, str]]:
    """Features that tell few values apart are looked up together: most of the time goes into reading masks.

    :param sources: per feature, how many values it tells apart, code for the place of a row's value, and code for
        the masks of each.
    :returns: code for the place and code for the masks, per lookup.
    """
    waiting = sorted(sources)
    size, which, table = waiting.pop(0)
    parts = [table]
    while waiting and size * waiting[0][0] <= MERGED_AT_MOST:
        more, place, table = waiting.pop(0)
        size, which = size * more, f"({which}) * {more} + {place}"
        parts.append(table)
    first = (which, f"masks.together({', '.join(parts)})" if len(parts) > 1 else parts[0])
    return [first, *((which, table) for _, which, table in waiting)]


def together(*tables: Sequence[Masks]) -> list[Masks]:
    """The masks of every combination of values, the last table's changing fastest."""
    combined = list(tables[0])
    for table in tables[1:]:
        combined = [_both(one, other) for one in combined for other in table]
    return combined


def by_text(boxes: Boxes, known: Sequence[tuple[int, str]]) -> tuple[dict[str, Masks], Masks]:
    """The masks of a text that several columns compare with: per category, and for any other text.

    :param known: the columns and their categories.
    """
    zero = {column: boxes.at(column, 0.0) for column, _ in known}
    others = _both(boxes.full, *zero.values())
    table: dict[str, Masks] = {}
    for category in {category for _, category in known}:
        parts = [boxes.at(column, 1.0) if c == category else zero[column] for column, c in known]
        table[category] = _both(boxes.full, *parts)
    return table, others


def _both(*parts: Sequence[int]) -> Masks:
    masks = list(parts[0])
    for part in parts[1:]:
        masks = [a & b for a, b in zip(masks, part)]
    return tuple(masks)
