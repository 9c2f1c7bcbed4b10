"""An estimator → what each engine needs to score it, or the reason why an engine cannot (pure).

Here the plan is compared with the estimator on rows built to hurt; the chosen engine is compared once more
inside the server.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dbml._plpython import batch, compiled, portable
from dbml._plpython.explanation import Explainer, Unexplained
from dbml._plpython.frame import to_wire
from dbml._plpython.plan import loads
from dbml.scorer import parity, rounding, sql
from dbml.scorer.background import background, take_covers
from dbml.scorer.parity import Answer, Report
from dbml.scorer.plan import Unsupported
from dbml.scorer.sklearn import lower_all


@dataclass(frozen=True)
class Answers:
    """All that a version answers of a row, beside its score.

    :param plan: of all answers, as :func:`dbml._plpython.frame.answers` orders them.
    :param expression: for the engine ``sql``, an array; None where it cannot be.
    :param golden: the estimator's own answers for the golden rows.
    """

    plan: dict[str, Any]
    expression: sql.Expression | None
    golden: list[list[float] | None]


@dataclass(frozen=True)
class Engines:
    """What a version can run on.

    :param plan: the model as plain data; None where a part of it cannot be.
    :param expression: for the engine ``sql``; None where it cannot be.
    :param refusals: engine → why it cannot run this model; an engine that is not here can.
    :param hurtful_rows: rows at the edges, JSON values in interface order.
    :param hurtful_scores: the estimator's own answers, None where it refuses.
    :param report: the plan against the estimator, over golden and hurtful rows.
    :param answers: what else the plan answers; None where the score is all, or the engines answer nothing else.
    :param background: what explanations need beside the plan.
    :param golden_scores: the plan's own, where the estimator's are of float32; else None.
    :param notices: what else there is to know, sentences without an end.
    """

    plan: dict[str, Any] | None = None
    expression: sql.Expression | None = None
    refusals: dict[str, str] = field(default_factory=dict)
    hurtful_rows: list[list[Any]] = field(default_factory=list)
    hurtful_scores: list[Answer] = field(default_factory=list)
    report: Report | None = None
    answers: Answers | None = None
    background: dict[str, Any] = field(default_factory=dict)
    golden_scores: list[Answer] | None = None
    notices: tuple[str, ...] = ()

    def labelled(self, label: str) -> Engines:
        """The same for a version of another name, by which refusals call it."""
        if self.plan is None or self.expression is None:
            return self
        answers = self.answers
        if answers and answers.expression:
            answers = replace(answers, expression=sql.render(answers.plan, sql.OPERATIONS_ALONE, label))
        return replace(self, expression=sql.render(self.plan, sql.OPERATIONS_ALONE, label), answers=answers)


def prepare(
    estimator: Any,
    interface: Mapping[str, Any],
    golden: Mapping[str, Any],
    *,
    label: str,
    sql_alone: bool = False,
    sample: Sequence[Sequence[Any]] = (),
) -> Engines:
    """Write the estimator down as a plan and compare that with the estimator itself.

    :param golden: ``rows`` and ``scores`` of the artifact.
    :param label: name of the version, for refusals.
    :param sql_alone: whether ``sql`` is the only engine in question, and may be larger than what pays.
    :param sample: rows of the training data, which explanations measure against.
    """
    try:
        plan, all_answers = lower_all(estimator, interface)
        covers, single = take_covers(plan), rounding.take(plan)
        single_in_all: dict[str, Any] = {}
        if all_answers is not None:
            take_covers(all_answers)
            single_in_all = rounding.take(all_answers)
        rows = parity.hurtful_rows(plan, interface, golden["rows"])
        truth = parity.truth(estimator, interface, rows)
        compared, truths = [*golden["rows"], *rows], [*golden["scores"], *truth]
        bounds = rounding.of_scores(plan, single, interface, compared)
        report, found = _compare(plan, interface, compared, truths, bounds)
    except Unsupported as reason:
        return _no_plan(f"no plan expresses {reason}")
    except Exception as error:
        # An estimator of another scikit-learn may lack what its class has here: its own predict may still work.
        return _no_plan(f"its plan cannot be made ({type(error).__name__}: {error})")
    if report.differing:
        because = (
            f"its plan differs from the estimator on {report.differing} of {report.rows} rows, worst {worst(report)}"
        )
        return _no_plan(because, report)
    expression, refusals = _in_sql(plan, label, sql_alone)
    answers = None
    if all_answers:
        scored = [row for row, answer in zip(rows, truth, strict=True) if answer is not None]
        answers = _answers(estimator, interface, golden, scored, all_answers, single_in_all, label, sql_alone)
    beside = background(plan, covers, interface, sample)
    beside |= _explained_in_sql(plan, interface, beside)
    made = Engines(plan, expression, refusals, rows, truth, report, answers, beside)
    return _in_double(made, single, truths, found, bounds) if bounds else made


def _in_double(
    made: Engines, single: Mapping[str, Any], truths: Sequence[Answer], found: Sequence[Answer], bounds: Sequence[float]
) -> Engines:
    """What is stored of an estimator that leaves something to rounding: the plan's answers, which its own are near.

    :param truths: the estimator's own answers, for the golden rows and those built to hurt.
    :param found: the plan's.
    """
    many = len(truths) - len(made.hurtful_rows)
    pairs = list(zip(truths[:many], found[:many], bounds[:many], strict=True))
    told = [(own, ours, bound) for own, ours, bound in pairs if bound < math.inf]
    apart = max((abs(own - ours) for own, ours, _ in told if own is not None and ours is not None), default=0.0)
    at_most = max((bound for *_, bound in told), default=0.0)
    left = f"; of {len(pairs) - len(told)} of {len(pairs)} nothing can be told" if len(told) < len(pairs) else ""
    notice = (
        f"the estimator {rounding.reason(single)}: on the golden rows the two are {apart:.2g} apart, "
        f"where rounding explains up to {at_most:.2g}{left}"
    )
    refusals = dict(made.refusals)
    if single["nodes"]:
        refusals["python"] = "it computes in float32, whose last digits depend on the rows beside a row"
    return replace(
        made, refusals=refusals, hurtful_scores=list(found[many:]), golden_scores=list(found[:many]), notices=(notice,)
    )


def _answers(
    estimator: Any,
    interface: Mapping[str, Any],
    golden: Mapping[str, Any],
    hurtful: Sequence[Any],
    plan: dict[str, Any],
    single: Mapping[str, Any],
    label: str,
    sql_alone: bool,
) -> Answers | None:
    """The plan of all answers, if it answers as the estimator does.

    :param hurtful: of these rows those that the estimator scores: its refusals take long, and are those of the score.
    """
    rows = [*golden["rows"], *hurtful]
    truth = parity.true_answers(estimator, interface, rows)
    numbers, texts = to_wire(interface, rows)
    found = [None if row[0] != row[0] else row for row in batch.answers(plan, numbers, texts).tolist()]
    bounds = rounding.bounds(plan, single, numbers, texts) if single else None
    if parity.compare_answers(rows, truth, found, bounds).differing:
        return None
    stored = (found if single else truth)[: len(golden["rows"])]
    return Answers(plan, _in_sql(plan, label, sql_alone)[0], stored)


def _explained_in_sql(
    plan: Mapping[str, Any], interface: Mapping[str, Any], beside: Mapping[str, Any]
) -> dict[str, Any]:
    """What explains a model without trees where there is no PL/Python; nothing where that cannot be.

    :returns: ``sql``: the contributions as an array, the base, and where the score is a probability, what it is at the
        base, and how steep there.
    """
    if not beside.get("means"):
        return {}
    try:
        explainer = Explainer("the model", plan, interface, beside)
        if explainer.forests:
            return {}
        expression = sql.render(explainer.contributions_plan(plan), sql.OPERATIONS_ALONE, "the model").careful
    except (Unexplained, Unsupported, sql.TooLarge):
        return {}
    try:
        linked: dict[str, float] = {"linked": explainer.linked(explainer.base), "slope": explainer.slope}
    except Unexplained:
        linked = {}
    return {"sql": {"expression": expression, "base": explainer.base, **linked}}


def refused_beside_others(plan: str) -> dict[str, str]:
    """``sql`` → why it is no match for the other engines, for a stored plan; nothing where it is."""
    return _in_sql(loads(plan), "the model", False)[1]


def _in_sql(plan: Mapping[str, Any], label: str, alone: bool) -> tuple[sql.Expression | None, dict[str, str]]:
    try:
        return sql.render(plan, sql.OPERATIONS_ALONE if alone else sql.OPERATIONS_AT_MOST, label), {}
    except Unsupported as what:
        return None, {"sql": f"there is no {what}"}
    except sql.TooLarge as reason:
        return None, {"sql": str(reason)}


def _no_plan(because: str, report: Report | None = None) -> Engines:
    return Engines(refusals={"sql": because, "portable": because}, report=report)


def worst(report: Report) -> str:
    """The row at fault in one line."""
    if report.worst is None:
        return "none"
    row = str(report.worst["row"])
    shown = row if len(row) <= 200 else row[:200] + " …"
    said = ["refused" if report.worst[side] is None else repr(report.worst[side]) for side in ("expected", "got")]
    return f"{shown}: {said[0]} by the estimator, {said[1]} by the plan"


def _compare(
    plan: Mapping[str, Any],
    interface: Mapping[str, Any],
    rows: Sequence[Any],
    truth: Sequence[Answer],
    bounds: Sequence[float] | None,
) -> tuple[Report, list[Answer]]:
    """The plan against the estimator, and its answers for a row alone."""
    numbers, texts = to_wire(interface, rows)
    function = compiled.load(portable.compile_plan(plan))

    def alone(number: list[float | None], text: list[str | None]) -> Answer:
        try:
            return float(function(number, text))
        except compiled.Refused:
            return None

    found = [alone(*row) for row in zip(numbers, texts, strict=True)]
    one_by_one = parity.compare(rows, truth, found, bounds)
    if one_by_one.differing:
        return one_by_one, found
    together = [None if answer != answer else answer for answer in batch.score(plan, numbers, texts).tolist()]
    in_a_batch = parity.compare(rows, truth, together, bounds)
    return (in_a_batch if in_a_batch.differing else one_by_one), found
