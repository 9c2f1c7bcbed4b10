"""Plan → plain SQL arithmetic behind guards that keep it where it is exact and cannot raise.

Missing is NULL here, and no value is NaN or infinite: the guards see to it. A condition that is NULL counts as
false, so ``not`` asks ``is not true``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dbml.scorer.sql import careful as exact
from dbml.scorer.sql import functions
from dbml.scorer.sql import ranges as ranges
from dbml.scorer.sql import text as write
from dbml.scorer.sql.facts import Facts
from dbml.scorer.sql.linear import Linear
from dbml.scorer.sql.ranges import Range, Unprovable
from dbml.scorer.sql.trees import Trees, pulled_back

# What is known of nodes in a place of the expression, beyond what is true everywhere.
Known = Mapping[int, Range]

# Added to what might be so small that a product underflows; see `Writer._times`.
_LIFT = 1e-80
# Weights below are left as they are; others become at least 1 in their sum.
_LEAST_STEP = 1e-60


class At(Exception):
    """The node at which a proof fails."""

    def __init__(self, index: int, kind: str) -> None:
        super().__init__(f"node {index}: {kind}")
        self.index = index
        self.kind = kind


class Writer:
    """Writes nodes as SQL.

    :param numbers: the range of each number of the row, as the guards will have it.
    :param folded: what :func:`.linear.fold` has found, if the guards will have its limits.
    :param bound: of the length.
    """

    def __init__(
        self,
        plan: Mapping[str, Any],
        facts: Facts,
        numbers: Sequence[Range],
        folded: Mapping[int, Linear],
        bound: write.Bound,
    ) -> None:
        self.folded = folded
        self.nodes: Sequence[Mapping[str, Any]] = plan["nodes"]
        self.plan = plan
        self.facts = facts
        self.row = numbers
        self.bound, self.bounded = bound, bound.text
        # What holds everywhere once the guards have been passed.
        self.guards: list[str] = []
        self.root: dict[int, Range] = {}
        self._numbers: dict[tuple[int, frozenset[tuple[int, Range]]], tuple[str, Range]] = {}
        self._below: list[frozenset[int]] = []
        for index, node in enumerate(self.nodes):
            self._below.append(frozenset([index]).union(*(self._below[i] for i in node.get("of", []))))

    def guard(self, check: int) -> None:
        """Let only rows pass for which a condition holds.

        :raises At: that cannot be asked in plain SQL.
        """
        text, truth, _ = self.condition(check, self.root)
        if truth is False:
            raise At(check, "domain")
        if truth is None:
            self.guards.append(text)
            self.root = {**self.root, **self.refine(check, True, self.root)}

    def number(self, index: int, known: Known) -> tuple[str, Range]:
        """SQL of a number, and what it can be.

        :raises At: plain arithmetic might fail.
        """
        key = (index, frozenset((i, known[i]) for i in known.keys() & self._below[index]))
        if key not in self._numbers:
            try:
                text, found = self._number(index, known)
            except Unprovable as failed:
                raise At(index, failed.kind) from None
            self._numbers[key] = self.bounded(text), known.get(index, found)
        text, found = self._numbers[key]
        # A guard may have been added since.
        return text, self.root.get(index, found) if known is self.root else found

    def _number(self, index: int, known: Known) -> tuple[str, Range]:
        node = self.nodes[index]
        if self.facts.tables[index] is not None:
            return self._table(self.facts.tables[index] or [], self.facts.texts[index])
        op = node["op"]
        if op == "number":
            return write.number_input(node["index"]), self.row[node["index"]]
        if op in ("add", "subtract", "multiply", "divide", "minimum", "maximum"):
            return self._binary(op, node["of"], known)
        if op in ("power", "function", "round32"):
            return functions.write_function(self, node, known, soft=self.facts.gain[index] is not None)
        if op == "sum":
            return self._sum([self.number(i, known) for i in node.get("of", [])])
        if op == "dot":
            return self.dot(index, node.get("of", []), node["weights"], node["constant"], known)
        if op == "sigmoid":
            return self._sigmoid(index, known)
        if op == "softmax":
            return self._softmax(index, known)
        if op == "indicator":
            return self._choose(
                node["of"][0], (write.number(1.0), _constant(1.0)), (write.number(0.0), _constant(0.0)), known
            )
        if op == "select":
            return self._select(node["of"], known)
        if op == "trees":
            return Trees(self, node, known).write()
        return self._by_table(node, known)

    # conditions

    def condition(self, index: int, known: Known) -> tuple[str, bool | None, bool]:
        """SQL of a condition, its truth where it is known, and whether it may be NULL instead of false.

        :raises At: plain arithmetic might fail.
        """
        node = self.nodes[index]
        op = node["op"]
        table = self.facts.tables[index]
        if table is not None:
            return text_condition(table, self.facts, self.facts.texts[index])
        if op in ("less", "less_equal", "equal"):
            return self._comparison(op, node["of"], known)
        if op in ("finite", "missing"):
            text, found = self.number(node["of"][0], known)
            holds = found.empty if op == "missing" else not found.null
            fails = not found.null if op == "missing" else found.empty
            return (
                f"({text} is {'' if op == 'missing' else 'not '}null)",
                True if holds else False if fails else None,
                False,
            )
        parts = [self.condition(i, known) for i in node.get("of", [])]
        if op == "not":
            text, truth, null = parts[0]
            return f"({text} is not true)" if null else f"(not {text})", None if truth is None else not truth, False
        wanted = op == "all"
        open_ = [part for part in parts if part[1] is not wanted]
        if any(part[1] is not None for part in open_):
            return "true" if not wanted else "false", not wanted, False
        if not open_:
            return "true" if wanted else "false", wanted, False
        text = f" {'and' if wanted else 'or'} ".join(part[0] for part in open_)
        return self.bounded(f"({text})" if len(open_) > 1 else text), None, any(part[2] for part in open_)

    def _comparison(self, op: str, of: Sequence[int], known: Known) -> tuple[str, bool | None, bool]:
        pulled = pulled_back(self, op, of, known) if op != "equal" else None
        if pulled is not None:
            return pulled
        (a, x), (b, y) = (self.number(i, known) for i in of)
        sign = {"less": "<", "less_equal": "<=", "equal": "="}[op]
        null = x.null or y.null
        truth = None
        if op == "equal":
            truth = False if x.high < y.low or y.high < x.low else None
        elif x.high < y.low or (op == "less_equal" and x.high <= y.low):
            truth = None if null else True
        elif x.low > y.high or (op == "less" and x.low >= y.high):
            truth = False
        return self.bounded(f"({a} {sign} {b})"), truth, null

    def refine(self, index: int, truth: bool, known: Known) -> dict[int, Range]:
        """What a condition that holds, or does not, says about its nodes."""
        node = self.nodes[index]
        op, of = node["op"], node.get("of", [])
        if self.facts.tables[index] is not None:
            return {}
        if op == "not":
            return self.refine(of[0], not truth, known)
        if (op == "all" and truth) or (op == "any" and not truth):
            found: dict[int, Range] = {}
            for i in of:
                found.update(self.refine(i, truth, {**known, **found}))
            return found
        if op == "any":
            return self._refine_unless_missing(of, known)
        if op in ("finite", "missing"):
            there = (op == "finite") is truth
            given = self.number(of[0], known)[1]
            return {of[0]: given.never_null() if there else Range(math.inf, -math.inf, math.inf, False, True)}
        if op not in ("less", "less_equal", "equal"):
            return {}
        (_, x), (_, y) = (self.number(i, known) for i in of)
        if truth:
            x, y = x.never_null(), y.never_null()
        elif x.null and y.null:
            return {}
        if op == "equal":
            if truth:
                return self._told({of[0]: x.within(y.low, y.high), of[1]: y.within(x.low, x.high)}, known)
            return {of[0]: x.never_zero()} if y.low == y.high == 0.0 else {}
        strict = (op == "less") is truth
        if truth:
            high, low = (_before(y.high), _after(x.low)) if strict else (y.high, x.low)
            return self._told({of[0]: x.within(-math.inf, high), of[1]: y.within(low, math.inf)}, known)
        low, high = (_after(y.low), _before(x.high)) if strict else (y.low, x.high)
        found = {} if y.null else {of[0]: x.within(low, math.inf)}
        return self._told(found if x.null else {**found, of[1]: y.within(-math.inf, high)}, known)

    def _refine_unless_missing(self, of: Sequence[int], known: Known) -> dict[int, Range]:
        """Of ``inside or missing``, what is known of the node that may be missing."""
        missing = [self.nodes[i]["of"][0] for i in of if self.nodes[i]["op"] == "missing"]
        others = [i for i in of if self.nodes[i]["op"] != "missing"]
        if len(missing) != 1 or len(others) != 1:
            return {}
        given = self.number(missing[0], known)[1]
        found = self.refine(others[0], True, known).get(missing[0])
        return {} if found is None else {missing[0]: Range(found.low, found.high, found.tiny, found.zero, given.null)}

    def _told(self, found: dict[int, Range], known: Known) -> dict[int, Range]:
        """Pass on what is known of an absolute value."""
        for index in list(found):
            node = self.nodes[index]
            if node.get("name") == "absolute":
                inner = self.number(node["of"][0], known)[1]
                bound = found[index].high
                inner = inner.within(-bound, bound)
                found[node["of"][0]] = inner if found[index].null else inner.never_null()
        return found

    def require(self, index: int, known: Known, low: float, high: float, tiny: float = 0.0) -> Range:
        """See to it by a guard that a node lies between bounds, and at least ``tiny`` away from zero.

        :raises Unprovable: there is no place for a guard here.
        """
        text, given = self.number(index, known)
        inside = given.within(low, high)
        if tiny:
            inside = Range(inside.low, inside.high, max(inside.tiny, tiny), False, inside.null)
        if (
            given.low >= low and given.high <= high and (not tiny or (not given.zero and given.tiny >= tiny))
        ) or given.empty:
            return given
        if known is not self.root or inside.empty:
            raise Unprovable("domain")
        parts = []
        if given.low < low:
            parts.append(f"{text} >= {write.number(low)}")
        if given.high > high:
            parts.append(f"{text} <= {write.number(high)}")
        if tiny and inside.low < tiny and inside.high > -tiny:
            parts.append(f"abs({text}) >= {write.number(tiny)}")
        guard = " and ".join(parts)
        self.guards.append(self.bounded(f"(({guard}) is not false)" if given.null else f"({guard})"))
        self.root[index] = inside
        return inside

    # arithmetic

    def _binary(self, op: str, of: Sequence[int], known: Known) -> tuple[str, Range]:
        (a, x), (b, y) = (self.number(i, known) for i in of)
        if op in ("minimum", "maximum"):
            found = (ranges.minimum if op == "minimum" else ranges.maximum)(x, y)
            text = f"{'least' if op == 'minimum' else 'greatest'}({a}, {b})"
            if found.null:
                absent = " or ".join(f"{t} is null" for t, r in ((a, x), (b, y)) if r.null)
                text = f"case when {absent} then null::float8 else {text} end"
            return text, found
        if op == "add":
            return f"({a} + {b})", ranges.add(x, y)
        if op == "subtract":
            return f"({a} - {b})", ranges.add(x, ranges.negative(y))
        if op == "multiply":
            found = ranges.multiply(x, y)
            if of[0] == of[1] and not found.empty:
                found = found.within(0.0, math.inf)
            return f"({a} * {b})", found
        if y.zero:
            y = self.require(of[1], known, -math.inf, math.inf, tiny=1e-100)
        return f"({a} / {b})", ranges.divide(x, y)

    def _sum(self, terms: Sequence[tuple[str, Range]]) -> tuple[str, Range]:
        if not terms:
            return write.number(0.0), _constant(0.0)
        total = terms[0][1]
        for _, term in terms[1:]:
            total = ranges.add(total, term)
        return f"({' + '.join(text for text, _ in terms)})", total

    def dot(
        self,
        index: int,
        of: Sequence[int],
        weights: Sequence[float],
        constant: float,
        known: Known,
        factor: float = 1.0,
    ) -> tuple[str, Range]:
        """A sum of products, times a power of two or its negative, which is exact."""
        if index in self.folded:
            return self.linear(self.folded[index].times(factor), known)
        terms: list[tuple[str, Range]] = []
        pending: tuple[frozenset[int], list[Any]] | None = None
        lifts = abs(constant) >= 1e-10 or self.facts.gain[index] is not None

        def close() -> None:
            if pending is not None:
                terms.append(self._table(pending[1], pending[0]))

        for i, weight in zip(of, (factor * weight for weight in weights), strict=True):
            table = self.facts.tables[i]
            if table is not None:
                worth = [value * weight for value in table]
                if pending is not None and pending[0] == self.facts.texts[i] and _one_hot(pending[1], worth):
                    pending = (pending[0], [a + b for a, b in zip(pending[1], worth, strict=True)])
                    continue
                close()
                pending = (self.facts.texts[i], worth)
                continue
            close()
            pending = None
            terms.append(self._product(i, weight, lifts, known))
        close()
        terms = [term for term in terms if term[1] != _constant(0.0)]
        if constant != 0.0 or not terms:
            terms.append((write.number(factor * constant), _constant(factor * constant)))
        return self._sum(terms)

    def linear(self, linear: Linear, known: Known) -> tuple[str, Range]:
        """A folded sum.

        Its weights are brought to 1 and more, so that no product underflows and one factor makes up for it at the
        end: a power of two, which changes no digit.
        """
        least = min((abs(weight) for weight in linear.weights.values() if weight), default=1.0)
        step = 2.0 ** math.floor(math.log2(least)) if _LEAST_STEP < least < 1.0 else 1.0
        terms = [self._table([x / step for x in worth], text) for text, worth in linear.tables.items()]
        terms += [self._product(i, weight / step, True, known) for i, weight in linear.weights.items()]
        terms.append((write.number(linear.constant / step), _constant(linear.constant / step)))
        total = self._sum([term for term in terms if term[1] != _constant(0.0)])
        return total if step == 1.0 else self._times(total, step, True)

    def _product(self, index: int, weight: float, lifts: bool, known: Known) -> tuple[str, Range]:
        node = self.nodes[index]
        if node["op"] == "indicator":
            yes = write.number(weight), _constant(weight)
            return self._choose(node["of"][0], yes, (write.number(0.0), _constant(0.0)), known)
        text, found = self.number(index, known)
        if weight == 0.0 and not found.null:
            return write.number(0.0), _constant(0.0)
        if weight == 1.0:
            return text, found
        if weight == -1.0:
            return f"(- {text})", ranges.negative(found)
        try:
            return self._times((text, found), weight, lifts)
        except Unprovable as failed:
            raise At(index, failed.kind) from None

    def _times(self, value: tuple[str, Range], factor: float, lifts: bool) -> tuple[str, Range]:
        """A product. ``lifts``: what is added against underflow is lost, in the intercept or in a smooth score."""
        text, found = value
        try:
            return f"({text} * {write.number(factor)})", ranges.multiply(found, _constant(factor))
        except Unprovable as failed:
            if failed.kind != "small" or not lifts or not 1e-100 < abs(factor) < 1e10:
                raise
            lifted = ranges.multiply(ranges.add(found, _constant(_LIFT)), _constant(factor))
            return f"(({text} + {write.number(_LIFT)}) * {write.number(factor)})", lifted

    def _sigmoid(self, index: int, known: Known) -> tuple[str, Range]:
        """``1 / (1 + exp(-x))``; where only the absolute error counts, ``(1 + tanh(x / 2)) / 2``.

        That needs no bounds, and is NULL where x is.
        """
        smooth = self.facts.gain[index] is not None
        text, found = self._times_exactly(self.nodes[index]["of"][0], known, 0.5 if smooth else -1.0)
        if smooth:
            low, high = (0.5 + 0.5 * math.tanh(end) for end in (found.low, found.high))
            return f"('0.5'::float8 + '0.5'::float8 * tanh({text}))", ranges.span(
                max(low - 1e-15, 0.0), min(high + 1e-15, 1.0), null=found.null
            )
        # Beyond 700 the answer is 0 or 1 to the last digit, except for a logarithm or a threshold near 0.
        if found.size > 700.0:
            self.require(self.nodes[index]["of"][0], known, -700.0, 700.0)
        low, high = (1.0 / (1.0 + math.exp(max(-700.0, min(700.0, z)))) for z in (found.high, found.low))
        return f"('1'::float8 / ('1'::float8 + exp({text})))", ranges.span(
            low * 0.999, min(high * 1.001, 1.0), null=found.null
        )

    def _times_exactly(self, index: int, known: Known, factor: float) -> tuple[str, Range]:
        """A node times a power of two or its negative."""
        node = self.nodes[index]
        if node["op"] == "dot" and self.facts.tables[index] is None and index not in known:
            return self.dot(index, node["of"], node["weights"], node["constant"], known, factor)
        return self._product(index, factor, True, known)

    def _softmax(self, index: int, known: Known) -> tuple[str, Range]:
        node = self.nodes[index]
        if self.facts.gain[index] is None:
            raise Unprovable("domain")
        own = node["of"][node["index"]]
        terms = ["'1'::float8"]
        for place, i in enumerate(node["of"]):
            if place == node["index"]:
                continue
            if i in self.folded and own in self.folded:
                text, found = self.linear(self.folded[i].minus(self.folded[own]), known)
            else:
                (a, x), (b, y) = self.number(i, known), self.number(own, known)
                text, found = f"{a} - {b}", ranges.add(x, ranges.negative(y))
            if found.null:
                raise Unprovable("domain")
            terms.append(f"exp(least(greatest({text}, '-700'::float8), '700'::float8))")
        return f"('1'::float8 / ({' + '.join(terms)}))", ranges.span(1e-310, 1.0)

    # choices

    def _choose(self, condition: int, yes: tuple[str, Range], no: tuple[str, Range], known: Known) -> tuple[str, Range]:
        text, truth, _ = self.condition(condition, known)
        if truth is not None:
            return yes if truth else no
        return f"case when {text} then {yes[0]} else {no[0]} end", ranges.union(yes[1], no[1])

    def _select(self, of: Sequence[int], known: Known) -> tuple[str, Range]:
        condition, yes, no = of
        text, truth, _ = self.condition(condition, known)
        if truth is not None:
            return self.number(yes if truth else no, known)
        chosen = self.number(yes, {**known, **self.refine(condition, True, known)})
        other = self.number(no, {**known, **self.refine(condition, False, known)})
        node = self.nodes[condition]
        if node["op"] == "missing" and node["of"][0] == no:
            return f"coalesce({other[0]}, {chosen[0]})", ranges.union(chosen[1], other[1])
        return f"case when {text} then {chosen[0]} else {other[0]} end", ranges.union(chosen[1], other[1])

    def _table(self, values: Sequence[Any], texts: frozenset[int]) -> tuple[str, Range]:
        """A number that depends on one text, by the text's keys."""
        found = ranges.of_values(values)
        if not texts or all(_same(value, values[0]) for value in values):
            return write.number_or_null(values[0]), found
        (text,) = texts
        other, missing = values[-2:]
        asked = write.text_input(text)
        arms = [
            f"when {write.text(key)} then {write.number_or_null(value)}"
            for key, value in zip(self.facts.keys[text], values, strict=False)
            if not _same(value, other)
        ]
        table = write.number_or_null(other)
        if len(arms) > 1 and not found.null:
            # One operation for all keys: a CASE of many is prepared anew in each transaction.
            known = [(key, value) for key, value in zip(self.facts.keys[text], values, strict=False) if value != other]
            keys = f"array[{', '.join(write.text(key) for key, _ in known)}]::text[]"
            place = f'array_position({keys}, {asked} collate "C")'
            table = f"coalesce(({write.numbers([value for _, value in known])})[{place}], {table})"
        elif arms:
            table = f'case {asked} collate "C" {" ".join(arms)} else {table} end'
        if not _same(missing, other):
            table = f"case when {asked} is null then {write.number_or_null(missing)} else {table} end"
        return self.bounded(table), found

    def _by_table(self, node: Mapping[str, Any], known: Known) -> tuple[str, Range]:
        op = node["op"]
        text, given = self.number(node["of"][0], known)
        if op == "interpolate":
            steps = [b - a for a, b in zip(node["x"], node["x"][1:], strict=False) if b > a]
            found = ranges.of_values(node["y"])
            if 2.0 * found.size / min(steps, default=1.0) > ranges.GREATEST or found.null:
                raise Unprovable("domain")
            edge = 1e-9 * found.size
            found = ranges.span(found.low - edge, found.high + edge, null=given.null)
            return f"dbml._ieee_interpolate({text}, {write.numbers(node['x'])}, {write.numbers(node['y'])})", found
        if op == "polynomial":
            size = _polynomial_size(node, given)
            return exact.polynomial(node, text), ranges.span(-size, size, null=given.null)
        reachable = [*node["values"], *([node["missing"]] if given.null else [])]
        if op == "match":
            arms = [
                f"when {write.number(key)} then {write.number_or_null(value)}"
                for key, value in dict(zip(node["keys"], node["values"], strict=True)).items()
                if key == key
            ]
            table = write.number_or_null(node["default"])
            if arms:
                table = f"case {text} {' '.join(arms)} else {table} end"
            found = ranges.of_values([*reachable, node["default"]])
        else:
            # width_bucket counts the edges that are <= x.
            edges = [_after(edge) for edge in node["edges"]] if node["side"] == "left" else node["edges"]
            nulls = ",".join("NULL" if value != value else repr(value) for value in node["values"])
            table = f"('{{{nulls}}}'::float8[])[width_bucket({text}, {write.numbers(edges)}) + 1]"
            found = ranges.of_values(reachable)
            if not edges:
                table = write.number_or_null(node["values"][0])
        if given.null and not (op == "step" and node["missing"] != node["missing"]):
            table = f"case when {text} is null then {write.number_or_null(node['missing'])} else {table} end"
        return table, found


def text_condition(table: Sequence[bool], facts: Facts, texts: frozenset[int]) -> tuple[str, bool | None, bool]:
    """A condition on one text, by the text's keys."""
    if all(value == table[0] for value in table):
        return "true" if table[0] else "false", bool(table[0]), False
    (text,) = texts
    asked = write.text_input(text)
    other, missing = table[-2:]
    apart = [key for key, value in zip(facts.keys[text], table, strict=False) if value != other]
    if not apart:
        return f"({asked} is {'not ' if other else ''}null)", None, False
    found = f'{asked} collate "C" {"not in" if other else "in"} {write.texts(apart)}'
    return (f"(({found}) is not false)", None, False) if missing else (f"({found})", None, True)


def _constant(value: float) -> Range:
    return ranges.of_values([value])


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


def _one_hot(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether adding them up key by key adds nothing but zeros: then the order of the sum does not matter."""
    return all(x == 0.0 or y == 0.0 for x, y in zip(a, b, strict=True))


def _polynomial_size(node: Mapping[str, Any], given: Range) -> float:
    greatest = 0.0
    breaks, last = node["breaks"], len(node["coefficients"]) - 1
    for place, row in enumerate(node["coefficients"]):
        low = given.low if place == 0 else breaks[place]
        high = given.high if place == last else breaks[place + 1]
        reach = max(abs(low - breaks[place]), abs(high - breaks[place]))
        if reach > ranges.GREATEST:
            raise Unprovable("large")
        size = 0.0
        for coefficient in row:
            size = size * reach + abs(coefficient)
            if not size <= ranges.GREATEST:
                raise Unprovable("large")
        greatest = max(greatest, size)
    return greatest


def _after(x: float) -> float:
    return math.nextafter(x, math.inf)


def _before(x: float) -> float:
    return math.nextafter(x, -math.inf)
