"""Trees: nodes of any number of children, each behind a predicate, as trees of two branches."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dbml.scorer.plan import Builder, Unsupported, Value
from dbml.scorer.pmml import predicates
from dbml.scorer.pmml.document import Element, children
from dbml.scorer.pmml.fields import Scope
from dbml.scorer.sklearn.trees import Ensemble, widened

# What a node of the document becomes: at most a question whether something is missing, and one more.
_KNOWN = math.inf


@dataclass
class _Node:
    column: int = -1
    threshold: float = 0.0
    left: int = 0
    right: int = 0
    missing_left: bool = False
    members: list[float] | None = None
    answer: Element | None = None


@dataclass(frozen=True)
class _Test:
    """A question to one column.

    :param holds_left: whether the left branch is where the predicate holds.
    :param unknowable: whether it may be unknown.
    """

    column: int
    threshold: float
    holds_left: bool
    unknowable: bool = True
    members: list[float] | None = None


@dataclass
class Forest:
    """Trees over the same columns, on their way into one node of a plan."""

    plan: Builder
    columns: list[Value] = field(default_factory=list)
    wide: list[bool] = field(default_factory=list)
    trees: list[list[_Node]] = field(default_factory=list)

    def column(self, value: Value) -> int:
        """The place of a column; what is only rounded to float32 need not be, because thresholds can tell."""
        wide = self.plan.op(value) == "round32"
        asked = self.plan.argument(value) if wide else value
        for place, known in enumerate(self.columns):
            if known.index == asked.index and self.wide[place] == wide:
                return place
        self.columns.append(asked)
        self.wide.append(wide)
        return len(self.columns) - 1

    def grow(self, scope: Scope, model: Element) -> None:
        """Add a ``TreeModel``.

        :raises Unsupported: a strategy that no plan expresses.
        """
        self.trees.append(_Growing(self, scope, model).nodes)

    @property
    def partial(self) -> bool:
        """Whether a tree may answer nothing."""
        return any(node.column < 0 and node.answer is None for nodes in self.trees for node in nodes)

    def sum(self, worth: Callable[[Element], float], *, precision: int = 64, nothing: float = math.nan) -> Value:
        """The sum over the trees of what the node is worth in which a row ends.

        :param nothing: what a tree is worth that answers nothing.
        """
        ensemble = Ensemble()
        for nodes in self.trees:
            thresholds = np.array([node.threshold for node in nodes])
            wide = np.array([node.column >= 0 and self.wide[node.column] for node in nodes])
            with np.errstate(invalid="ignore"):
                thresholds = np.where(wide, widened(thresholds), thresholds)
            leaf = np.array([node.column < 0 for node in nodes])
            ensemble.add_arrays(
                leaf=leaf,
                feature=np.array([node.column for node in nodes]),
                threshold=thresholds,
                value=np.array(
                    [
                        0.0 if node.column >= 0 else nothing if node.answer is None else worth(node.answer)
                        for node in nodes
                    ]
                ),
                left=np.array([node.left for node in nodes]),
                right=np.array([node.right for node in nodes]),
                missing_left=np.array([node.missing_left for node in nodes]),
                sets={place: node.members for place, node in enumerate(nodes) if node.members is not None},
            )
        options = {} if precision == 64 else {"precision": precision}
        return ensemble.node(self.plan, self.columns, **options)

    def answers(self) -> list[Element]:
        """The nodes in which a row may end."""
        return [node.answer for nodes in self.trees for node in nodes if node.column < 0 and node.answer is not None]


class _Growing:
    def __init__(self, forest: Forest, scope: Scope, model: Element) -> None:
        self.forest, self.scope = forest, scope
        self.missing = model.get("missingValueStrategy", "none")
        self.returns_last = model.get("noTrueChildStrategy", "returnNullPrediction") == "returnLastPrediction"
        if self.missing not in ("none", "lastPrediction", "nullPrediction", "defaultChild"):
            raise Unsupported(f"a TreeModel with the missingValueStrategy {self.missing}")
        (root,) = model.findall("Node")
        if predicates.of(root).tag != "True":
            raise Unsupported("a TreeModel whose root has a predicate")
        self.nodes = [_Node()]
        waiting: list[tuple[int, Element, list[Element], int, Element | None]] = []

        def enter(place: int, node: Element) -> None:
            # The last prediction is the node's own: jpmml-evaluator goes no further up where it has none.
            scored = node.get("score") is not None or node.find("ScoreDistribution") is not None
            waiting.append((place, node, node.findall("Node"), 0, node if scored else None))

        enter(0, root)
        while waiting:
            place, node, kids, turn, last = waiting.pop()
            if turn == len(kids):
                self.nodes[place].answer = last if self.returns_last or not kids else None
                continue
            kid = kids[turn]
            predicate = predicates.of(kid)
            if predicate.tag == "True":
                enter(place, kid)
                continue
            if predicate.tag == "False":
                waiting.append((place, node, kids, turn + 1, last))
                continue
            test = self._test(predicate)
            if test.unknowable and self.missing in ("lastPrediction", "nullPrediction"):
                place = self._if_known(place, test, last if self.missing == "lastPrediction" else None)
            yes, no = self._new(), self._new()
            left, right = (yes, no) if test.holds_left else (no, yes)
            to_yes = test.unknowable and self.missing == "defaultChild" and self._default_is(node, kids, turn)
            self.nodes[place] = _Node(test.column, test.threshold, left, right, to_yes == test.holds_left, test.members)
            if not test.unknowable:
                # NaN itself is what is asked for.
                self.nodes[place].missing_left = False
            enter(yes, kid)
            waiting.append((no, node, kids, turn + 1, last))

    def _new(self) -> int:
        self.nodes.append(_Node())
        return len(self.nodes) - 1

    def _if_known(self, place: int, test: _Test, answer: Element | None) -> int:
        """Ask first whether the column is missing, and end there with an answer; where to go on if it is not."""
        known, unknown = self._new(), self._new()
        self.nodes[place] = _Node(test.column, _KNOWN, known, unknown)
        self.nodes[unknown].answer = answer
        return known

    def _test(self, predicate: Element) -> _Test:
        if predicate.tag in ("SimplePredicate", "SimpleSetPredicate"):
            asked = self.scope[predicate.get("field")]
            operator = predicate.get("operator", "")
            if asked.value.kind == "n":
                column = self.forest.column(asked.value)
                if (found := predicates.threshold(asked, predicate)) is not None:
                    return _Test(column, *found)
                if operator in ("isMissing", "isNotMissing"):
                    return _Test(column, _KNOWN, operator == "isNotMissing", unknowable=False)
                number = predicate.tag == "SimplePredicate" and asked.labels is None and asked.dtype != "float"
                if number and operator in ("equal", "notEqual"):
                    members = [asked.number(predicate.get("value", ""))]
                    return _Test(column, 0.0, operator == "equal", members=members)
        truth = predicates.truth(self.scope, predicate)
        condition = truth.holds.indicator()
        if self.missing != "none":
            condition = truth.unknown.select(math.nan, condition)
        return _Test(self.forest.column(condition), 0.5, False, self.missing != "none")

    def _default_is(self, node: Element, kids: list[Element], turn: int) -> bool:
        """Whether a row for which the test is unknown goes to the child behind it, and not on to the next."""
        name = node.get("defaultChild")
        chosen = next((place for place, kid in enumerate(kids) if kid.get("id") == name), None)
        if chosen is None:
            raise Unsupported("a TreeModel without the default child of a node")
        if chosen == turn:
            return True
        between = range(min(chosen, turn), max(chosen, turn) + 1)
        # Where each is unknown for the same rows, an unknown one leads on to the next as unknown as it was.
        asked = {_unknown_without(predicates.of(kids[place])) for place in between} - {frozenset()}
        if None not in asked and len(asked) == 1:
            return False
        raise Unsupported("a TreeModel whose children ask for different fields, with a default child")


def _unknown_without(predicate: Element) -> frozenset[str] | None:
    """The fields that a predicate is unknown without, when all of them are missing and only then; None if not so."""
    if predicate.tag == "True":
        return frozenset()
    if predicate.tag in ("SimplePredicate", "SimpleSetPredicate"):
        return frozenset((str(predicate.get("field")),))
    if predicate.tag == "CompoundPredicate" and predicate.get("booleanOperator") == "surrogate":
        parts = [_unknown_without(part) for part in children(predicate)]
        return None if None in parts else frozenset().union(*(part for part in parts if part))
    return None
