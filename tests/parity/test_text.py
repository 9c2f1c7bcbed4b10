"""Texts as counts of words, in a column of a table or as all that a model takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from sklearn.utils.murmurhash import murmurhash3_32

from dbml._plpython import hashing
from dbml.models import artifact
from dbml.scorer import engines
from tests.parity.harness import assert_parity

random = np.random.default_rng(0)
WORDS = ["Late", "again", "the", "parcel", "größer", "it's", "lost", "thanks", "ok", "Ωmega", "12", "a"]
TEXTS = [" ".join(random.choice(WORDS, random.integers(0, 9))) + "!" for _ in range(120)]
ANGRY = np.array([("Late" in text) ^ ("lost" in text) for text in TEXTS]).astype(int)
X = pd.DataFrame({"text": TEXTS, "age": random.normal(size=120)})


@pytest.mark.parametrize(
    ("vectorizer", "estimator"),
    [
        (TfidfVectorizer(), LogisticRegression()),
        (TfidfVectorizer(ngram_range=(1, 2), stop_words="english", sublinear_tf=True), LogisticRegression()),
        (TfidfVectorizer(norm="l1", use_idf=False, token_pattern=r"(?u)\w+"), MultinomialNB()),
        (CountVectorizer(lowercase=False, binary=True), ComplementNB()),
        (CountVectorizer(min_df=2), Ridge()),
        (TfidfVectorizer(sublinear_tf=True, norm=None, binary=True), TruncatedSVD(2)),
    ],
)
def test_a_list_of_texts(vectorizer: Any, estimator: Any, tmp_path: Path) -> None:
    steps = (
        [vectorizer, estimator, LogisticRegression()] if hasattr(estimator, "transform") else [vectorizer, estimator]
    )
    plan = assert_parity(make_pipeline(*steps).fit(TEXTS, ANGRY), X[["text"]].head(60), tmp_path)
    # A text is walked through once, however many words the model knows.
    assert isinstance(estimator, (MultinomialNB, ComplementNB)) or "term" not in {node["op"] for node in plan["nodes"]}


@pytest.mark.parametrize(
    ("vectorizer", "estimator", "output"),
    [
        (HashingVectorizer(), LogisticRegression(), None),
        (HashingVectorizer(n_features=8, norm=None), SGDClassifier(random_state=0), "1"),
        (HashingVectorizer(n_features=32, alternate_sign=False, norm="l1", ngram_range=(1, 2)), MultinomialNB(), None),
        (HashingVectorizer(alternate_sign=False, n_features=2**12), ComplementNB(), "1"),
        (HashingVectorizer(n_features=16, binary=True, stop_words="english", lowercase=False), Ridge(), None),
    ],
)
def test_words_by_their_hashes(vectorizer: Any, estimator: Any, output: str | None, tmp_path: Path) -> None:
    assert_parity(make_pipeline(vectorizer, estimator).fit(TEXTS, ANGRY), X[["text"]].head(60), tmp_path, output)


def test_hashes_of_words_are_those_of_the_library() -> None:
    words = ["", "a", "ab", "abc", "abcd", "größer", "日本語", "😀", *("word" * n for n in range(1, 40))]
    assert [hashing.murmur3(word.encode()) for word in words] == [murmurhash3_32(word) for word in words]


def test_hashed_words_before_another_transformer_are_named() -> None:
    fitted = make_pipeline(HashingVectorizer(n_features=16), MaxAbsScaler(), LogisticRegression()).fit(TEXTS, ANGRY)
    read = artifact.read(fitted, X[["text"]])
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert "a HashingVectorizer before anything but a linear model" in made.refusals["portable"]


def test_a_column_of_texts(tmp_path: Path) -> None:
    columns = ColumnTransformer([("words", TfidfVectorizer(), "text"), ("numbers", StandardScaler(), ["age"])])
    assert_parity(make_pipeline(columns, LogisticRegression()).fit(X, ANGRY), X.head(60), tmp_path)


def test_what_finds_words_in_another_way_is_named() -> None:
    fitted = make_pipeline(TfidfVectorizer(analyzer="char"), LogisticRegression()).fit(TEXTS, ANGRY)
    read = artifact.read(fitted, X[["text"]])
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert "another way to find words" in made.refusals["portable"]
