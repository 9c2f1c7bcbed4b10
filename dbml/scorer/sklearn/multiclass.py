"""Several classes from classifiers of two."""

from __future__ import annotations

from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier

from dbml.scorer.plan import Builder, Unsupported, Value
from dbml.scorer.sklearn.linear_classification import two_classes
from dbml.scorer.sklearn.registry import Answer, Columns, predict, predictor, response


def _confidence(estimator: Any, answer: Answer) -> Value:
    if is_regressor(estimator) and answer.value is not None:
        return answer.value
    values, _ = response(estimator, answer, ("decision_function", "predict_proba"))
    return values[-1]


def _threshold(estimator: Any) -> float:
    return 0.0 if hasattr(estimator, "decision_function") and is_classifier(estimator) else 0.5


@predictor(OneVsRestClassifier)
def one_vs_rest(estimator: OneVsRestClassifier, X: Columns) -> Answer:
    if estimator.multilabel_:
        raise Unsupported("a OneVsRestClassifier of several labels")
    answers = [predict(inner, X) for inner in estimator.estimators_]
    scores = [_confidence(inner, answer) for inner, answer in zip(estimator.estimators_, answers, strict=True)]
    parts = [answer.probabilities[1] for answer in answers if answer.probabilities is not None]
    if len(parts) < len(answers):
        parts = []
    functions = [answer.function[0] for answer in answers if answer.function]
    function = functions if len(functions) == len(answers) else None
    if len(answers) == 1:
        condition = X.plan.constant(_threshold(estimator.estimators_[0])).less(scores[0])
        parts = two_classes(parts[0]) if parts else []
        votes = [~condition, condition]
    else:
        votes = _first_greatest(X.plan, scores)
    total = X.plan.sum(parts)
    # Unlike elsewhere, probabilities that are all 0 stay 0.
    none = total.equal(0.0)
    probabilities = [none.select(part, part / total) for part in parts]
    return Answer(probabilities or None, votes=votes, function=function)


def _first_greatest(plan: Builder, scores: list[Value]) -> list[Value]:
    """Per class, the condition that one-vs-rest predicts it.

    scikit-learn goes from the last class to the first, keeps the greatest so far, and after a NaN nothing is
    equal to that any more: the class found until then stays, or the first one.
    """
    votes = []
    for i, score in enumerate(scores):
        before = plan.all([])
        for other in scores[:i]:
            before = other.missing() | (other.less(score) & before)
        after = [other.less_equal(score) for other in scores[i + 1 :]]
        votes.append(plan.all([~score.missing(), *after, before]))
    votes[0] = votes[0] | scores[-1].missing()
    return votes


@predictor(OneVsOneClassifier)
def one_vs_one(estimator: OneVsOneClassifier, X: Columns) -> Answer:
    if estimator.pairwise_indices_ is not None:
        raise Unsupported("a OneVsOneClassifier on a precomputed kernel")
    plan = X.plan
    X = X.numeric("OneVsOneClassifier").unnamed()
    count = len(estimator.classes_)
    pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
    votes: list[list[Value]] = [[] for _ in range(count)]
    confidences = [plan.constant(0.0)] * count
    for (i, j), inner in zip(pairs, estimator.estimators_, strict=True):
        answer = predict(inner, X)
        first, second = answer.predicted(plan)
        votes[i].append(first.indicator())
        votes[j].append(second.indicator())
        confidence = _confidence(inner, answer)
        confidences[i] = confidences[i] - confidence
        confidences[j] = confidences[j] + confidence
    values = [
        plan.sum(vote) + sure / (3.0 * (sure.function("absolute") + 1.0))
        for vote, sure in zip(votes, confidences, strict=True)
    ]
    if count > 2:
        return Answer(decision=values, function=values)
    condition = plan.constant(_threshold(estimator.estimators_[0])).less(values[1])
    return Answer(votes=[~condition, condition], function=[values[1]])
