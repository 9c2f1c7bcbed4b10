"""Which of many rows can be near, told of all at once where there is no numpy: integers as vectors of bytes.

Each row has one byte of a large integer. For each column there is an integer of the least that a row's number adds to
its distance, in whole units, bounded so that the sum of all columns fits a byte: one addition adds them for all rows.
What a column's integer is follows from the part of its numbers that the asked number is in, so most are made once.
Standard library alone.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Columns more would leave each too few units to tell anything.
WIDTH_AT_MOST = 16
# Parts of a column's numbers that rows are told apart by, and into which asked numbers fall.
CELLS = 64
ASKED = 2 * CELLS
# Units in a distance of the last one of the nearest, as it usually is; a byte counts to 255.
UNITS = 15
# Bytes that a model's integers may take in a session.
KEPT_AT_MOST = 8_000_000
# A bound below the least that a column adds, whatever is rounded.
BELOW = 1.0 - 1e-9


class Column:
    """What one column's numbers add to distances.

    :param numbers: of all rows.
    :param power: to which differences are raised.
    :param unit: of distances.
    :param most: units that this column may tell.
    :param kept: integers that it may keep.
    """

    def __init__(self, numbers: Sequence[float], power: float, unit: float, most: int, kept: int) -> None:
        self.power = power
        self.unit = unit
        self.most = most
        self.kept = kept
        known = sorted(set(numbers))
        self.low = sorted({known[part * len(known) // CELLS] for part in range(CELLS)})
        self.high = [known[bisect_left(known, start) - 1] for start in self.low[1:]] + known[-1:]
        self.cells = bytes([bisect_right(self.low, number) - 1 for number in numbers])
        # Of few numbers each is asked for by itself.
        edges = {known[part * len(known) // ASKED] for part in range(ASKED)} if len(known) > ASKED else set()
        self.edges = sorted(edges)
        self.made: dict[float, int] = {}

    def at(self, number: float) -> int:
        """Per row, in its byte, the least that the column adds to its distance."""
        place = bisect_right(self.edges, number)
        inside = 0 < place < len(self.edges)
        key = float(place) if inside else number
        found = self.made.get(key)
        if found is None:
            found = self.least(self.edges[place - 1], self.edges[place]) if inside else self.least(number, number)
            if len(self.made) < self.kept and (inside or not self.edges):
                self.made[key] = found
        return found

    def least(self, low: float, high: float) -> int:
        """The same for any number from ``low`` to ``high``."""
        units = [self.units(start - high if start > high else low - end) for start, end in zip(self.low, self.high)]
        return int.from_bytes(self.cells.translate(bytes(units).ljust(256, b"\0")), "little")

    def units(self, gap: float) -> int:
        """Whole units of what a gap adds."""
        if gap <= 0.0:
            return 0
        try:
            units = math.pow(gap, self.power) / self.unit * BELOW
        except OverflowError:
            return self.most
        # A row that is refused afterwards may hold NaN.
        return int(units) if units < self.most else self.most


class Lanes:
    """Rows, and units for their distances.

    :param power: to which a distance's differences are raised before they are added.
    :param usual: distances, before the root, that the last one of the nearest had.
    :raises ValueError: these are no measure.
    """

    def __init__(self, rows: Sequence[Sequence[float]], power: float, usual: Sequence[float]) -> None:
        self.many = len(rows)
        width = len(rows[0])
        positive = sorted([distance for distance in usual if 0.0 < distance < math.inf])
        if width > WIDTH_AT_MOST or not positive:
            raise ValueError
        self.unit = positive[len(positive) // 2] / UNITS
        if not self.unit > 0.0:
            raise ValueError
        kept = KEPT_AT_MOST // (self.many * width)
        self.columns = [Column(column, power, self.unit, 255 // width, kept) for column in zip(*rows)]

    def sums(self, x: Sequence[float]) -> bytes:
        """Per row, the whole units that its distance has at least."""
        total = 0
        for column, number in zip(self.columns, x):
            total += column.at(number)
        return total.to_bytes(self.many, "little")

    def whole(self, distance: float) -> int | None:
        """Whole units of a distance; None where a byte does not tell more of them apart."""
        units = distance / self.unit
        return int(units) if units < 255.0 // len(self.columns) * len(self.columns) else None


def up_to(sums: bytes, units: int) -> list[int]:
    """Places of the bytes that are no larger."""
    marks = sums.translate(b"\1" * (units + 1) + bytes(255 - units))
    places = []
    place = marks.find(1)
    while place >= 0:
        places.append(place)
        place = marks.find(1, place + 1)
    return places
