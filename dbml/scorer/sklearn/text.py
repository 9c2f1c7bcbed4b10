"""Texts as counts of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Columns, Hashed, transformer
from dbml.scorer.words import Word

TERMS_AT_MOST = 20_000


@transformer(CountVectorizer)
def count_vectorizer(estimator: CountVectorizer, X: Columns) -> Columns:
    return X.of(_counts(estimator, X), _names(estimator), np.dtype(estimator.dtype).name, sparse=True)


@transformer(TfidfVectorizer)
def tfidf_vectorizer(estimator: TfidfVectorizer, X: Columns) -> Columns:
    if np.dtype(estimator.dtype) != np.float64:
        raise Unsupported(f"a TfidfVectorizer of {np.dtype(estimator.dtype).name}")
    values = _counts(estimator, X)
    known = [X.plan.words[value.index] for value in values]
    if estimator.sublinear_tf:
        values = [v.equal(0.0).select(0.0, v.maximum(1.0).function("log") + 1.0) for v in values]
        known = [replace(word, how="log" if word.how == "count" else word.how) for word in known]
    least = 1.0
    if estimator.use_idf:
        least = float(estimator.idf_.min())
        if least <= 0.0:
            raise Unsupported("a TfidfVectorizer with weights that are not positive")
        values = [value * float(weight) for value, weight in zip(values, estimator.idf_, strict=True)]
        known = [replace(word, factor=float(weight)) for word, weight in zip(known, estimator.idf_, strict=True)]
    _tell(X, values, known)
    if estimator.norm is not None:
        norm = X.plan.sum_of_words(values, square=estimator.norm == "l2")
        if estimator.norm == "l2":
            norm = norm.function("sqrt")
        # A row with any word is at least as long as the lightest word; one without stays as it is.
        norm = norm.maximum(least * 0.5)
        values = [value / norm for value in values]
        _tell(X, values, [replace(word, divisor=norm.index) for word in known])
    return X.of(values, _names(estimator), sparse=True)


@transformer(HashingVectorizer)
def hashing_vectorizer(estimator: HashingVectorizer, X: Columns) -> Columns:
    if np.dtype(estimator.dtype) != np.float64:
        raise Unsupported(f"a HashingVectorizer of {np.dtype(estimator.dtype).name}")
    text = _text(estimator, X)
    fields = {
        "buckets": int(estimator.n_features),
        "signed": int(estimator.alternate_sign),
        "binary": int(estimator.binary),
        "norm": estimator.norm or "none",
        "pattern": estimator.token_pattern,
        "words": [int(count) for count in estimator.ngram_range],
        "lower": int(estimator.lowercase),
        "stop": sorted(estimator.get_stop_words() or ()),
    }
    return replace(X, columns=[], frame=False, sparse=True, hashed=Hashed(text, fields))


def _names(estimator: Any) -> list[str]:
    return [str(name) for name in estimator.get_feature_names_out()]


def _text(estimator: Any, X: Columns) -> Value:
    """The one text that a vectorizer takes apart."""
    what = type(estimator).__name__
    if len(X) != 1 or X[0].value.kind != "t":
        raise Unsupported(f"a {what} of what is no text")
    own = estimator.analyzer != "word" or estimator.tokenizer or estimator.preprocessor or estimator.strip_accents
    if own or estimator.token_pattern is None:
        raise Unsupported(f"a {what} with another way to find words than a pattern")
    X.plan.check(~X[0].value.missing(), f"{what} takes text, and it is missing")
    return X[0].value


def _counts(estimator: Any, X: Columns) -> list[Value]:
    what, text = type(estimator).__name__, _text(estimator, X)
    terms = _names(estimator)
    if len(terms) > TERMS_AT_MOST:
        raise Unsupported(f"a {what} of {len(terms)} terms, more than {TERMS_AT_MOST}")
    # Of single words those that are left out are in no vocabulary anyway.
    several = estimator.ngram_range[1] > 1
    stop = sorted(estimator.get_stop_words() or ()) if several else []
    values = [
        text.term(term, estimator.token_pattern, estimator.ngram_range, estimator.lowercase, stop) for term in terms
    ]
    if estimator.binary:
        values = [value.minimum(1.0) for value in values]
    found = {
        "pattern": estimator.token_pattern,
        "words": [int(count) for count in estimator.ngram_range],
        "lower": int(estimator.lowercase),
        "stop": stop,
    }
    how = "binary" if estimator.binary else "count"
    _tell(X, values, [Word(text.index, found, how, term) for term in terms])
    return values


def _tell(X: Columns, values: Sequence[Value], known: Sequence[Word]) -> None:
    """Tell the plan which columns are words."""
    X.plan.words |= {value.index: word for value, word in zip(values, known, strict=True)}
