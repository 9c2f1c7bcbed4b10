"""A model learns while it serves: each label once, in order, as scikit-learn's own partial_fit does it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn.base import clone, is_regressor
from sklearn.cluster import MiniBatchKMeans
from sklearn.compose import make_column_transformer
from sklearn.linear_model import (
    PassiveAggressiveClassifier,
    PassiveAggressiveRegressor,
    Perceptron,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

import dbml
from dbml import Learn, Prediction, Profile
from dbml.errors import DbmlError, ProfileError, SpecError, TrainingError
from tests.conftest import Databases

Db = psycopg.Connection[Any]
FEATURES = ["a", "b", "c"]
TABLES = """
create table customer (id integer primary key, a double precision, b double precision, c integer,
                       score double precision, version integer);
create table verdict (id bigint generated always as identity, customer_id integer, said text);
insert into customer select g, sin(g), cos(g * g) * 3, g % 7 from generate_series(1, 400) g;
"""
CLASSIFIERS = {
    "log_loss": make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss", random_state=1)),
    "hinge": SGDClassifier(loss="hinge", learning_rate="invscaling", eta0=0.1, power_t=0.3, random_state=1),
    "squared": SGDClassifier(loss="squared_error", penalty=None, learning_rate="constant", eta0=0.01, random_state=1),
    "unbiased": make_pipeline(
        StandardScaler(with_mean=False),
        StandardScaler(),
        SGDClassifier(
            loss="log_loss", alpha=0.3, fit_intercept=False, learning_rate="constant", eta0=0.2, random_state=1
        ),
    ),
}
REGRESSOR = SGDRegressor(random_state=1, eta0=0.005)
# Where the classes of scikit-learn that learn keep what they have learnt.
LEARNT = (
    *("coef_", "intercept_", "t_", "theta_", "var_", "class_count_", "feature_count_", "coefs_", "intercepts_"),
    *("cluster_centers_", "_counts"),
)
# In a pipeline what stands before the last step was fitted once, and stays as it was.
ENCODED = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["c"]), remainder=StandardScaler())
POSITIVE = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["c"]), remainder=MinMaxScaler(clip=True))
LEARNERS: dict[str, tuple[Callable[[], Any], int]] = {
    "sgd": (lambda: CLASSIFIERS["log_loss"], 1),
    "passive_aggressive": (lambda: PassiveAggressiveClassifier(random_state=1), 1),
    "bayes": (lambda: make_pipeline(StandardScaler(), GaussianNB()), 7),
    "clusters": (lambda: MiniBatchKMeans(3, n_init=1, random_state=1), 8),
    "passive_aggressive_value": (lambda: PassiveAggressiveRegressor(C=0.1, random_state=1), 1),
    "bernoulli": (lambda: make_pipeline(ENCODED, BernoulliNB()), 5),
    "multinomial": (lambda: make_pipeline(POSITIVE, MultinomialNB()), 5),
    "complement": (lambda: make_pipeline(POSITIVE, ComplementNB()), 5),
    "sgd_value": (lambda: make_pipeline(StandardScaler(), SGDRegressor(random_state=1)), 1),
    "perceptron": (lambda: Perceptron(random_state=1), 1),
    "mlp": (lambda: MLPClassifier((4,), max_iter=20, shuffle=False, random_state=1), 8),
    "mlp_value": (
        lambda: make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(4,), max_iter=20, random_state=1)),
        8,
    ),
}
QUICK = ("sgd", "passive_aggressive", "clusters")


def rows(keys: Any) -> pd.DataFrame:
    """The features of customers, as TABLES makes them."""
    g = np.asarray(keys, dtype=float)
    return pd.DataFrame({"a": np.sin(g), "b": np.cos(g * g) * 3, "c": (g % 7).astype(int)})


def fitted(estimator: Any) -> Any:
    frame = rows(range(1, 201))
    truth = frame["a"] + frame["b"] + np.random.default_rng(1).normal(size=200)
    target = truth if is_regressor(estimator) else np.where(truth > 0, "gone", "here")
    return clone(estimator).fit(frame, target)


@pytest.fixture(scope="module")
def learning(databases: Databases) -> str:
    """The DSN of a database to copy, with the tables and the model churn, which serves nobody yet."""
    dsn = databases.create()
    with psycopg.connect(dsn) as connection:
        connection.execute(TABLES)
    return dsn


@pytest.fixture
def dsn(databases: Databases, learning: str) -> str:
    return databases.create(like=learning)


def attached(db: Db, estimator: Any, steps: float | None = None, **said: Any) -> Any:
    """Have the estimator serve, and learn from the table of verdicts.

    :param steps: the length of its steps from now on.
    """
    model = fitted(estimator)
    if steps is not None:
        model[-1].set_params(learning_rate="constant", eta0=steps)
    output = "gone" if hasattr(model, "predict_proba") else None
    dbml.add_model(db, "churn", model, sample=rows(range(1, 60)), output=output)
    lesson = Learn("churn", "public.verdict", ("customer_id",), "said", **said)
    dbml.attach(db, Profile("public.customer", "id", [Prediction("churn", "score", "version")], lessons=[lesson]))
    dbml.deploy(db, "churn", 1)
    return joblib.load(io.BytesIO(stored(db, 1)))


def stored(db: Db, version: int) -> bytes:
    row = db.execute("select artifact from dbml.model_version where version = %s", [version]).fetchone()
    assert row
    return bytes(row[0])


def served(db: Db) -> tuple[int, Any]:
    [(version,)] = db.execute("select version from dbml.serving where model = 'churn'").fetchall()
    return version, joblib.load(io.BytesIO(stored(db, version)))


def say(db: Db, keys: Any, labels: Any) -> None:
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into verdict (customer_id, said) values (%s, %s)",
            [(int(key), str(label)) for key, label in zip(keys, labels, strict=True)],
        )


def by_hand(model: Any, frame: pd.DataFrame, labels: Any, together: int = 1) -> Any:
    """What scikit-learn's own partial_fit makes of the same labels in the same order."""
    last, inputs = model, frame
    if hasattr(model, "steps"):
        last, inputs = model[-1], model[:-1].transform(frame)
    take = inputs.iloc.__getitem__ if isinstance(inputs, pd.DataFrame) else inputs.__getitem__
    for start in range(0, len(labels), together):
        last.partial_fit(take(slice(start, start + together)), labels[start : start + together])
    return model


def bits(model: Any) -> list[bytes]:
    """All that a model has learnt, to the last bit."""
    last = model[-1] if hasattr(model, "steps") else model
    found: list[bytes] = []
    for name in LEARNT:
        held = getattr(last, name, [])
        parts = held if isinstance(held, list) else [held]
        found += [np.ascontiguousarray(part, dtype=float).tobytes() for part in parts]
    return found


def labels_of(random: np.random.Generator, size: int) -> np.ndarray[Any, Any]:
    return np.where(random.random(size) < 0.4, "gone", "here")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.long) for name in LEARNERS]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
# scikit-learn 1.8 says what to write in place of the passive-aggressive classes; 1.9 still has them.
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_batches_are_what_scikit_learn_makes(db: Db, name: str) -> None:
    make, together = LEARNERS[name]
    estimator = make()
    model = attached(db, estimator, every=20, together=together)
    random = np.random.default_rng(4)
    keys, labels = random.integers(1, 400, 47), labels_of(random, 47)
    if name == "clusters" or is_regressor(estimator):
        labels = random.normal(size=47).round(3)
    begun = bits(model)
    say(db, keys, labels)
    assert dbml.learn_labels(db) == 40
    frame = rows(keys)
    for start in (0, 20):
        by_hand(model, frame[start : start + 20], labels[start : start + 20], together)
    version, found = served(db)
    assert version == 3
    assert bits(found) == bits(model) != begun
    made = db.execute("select version, parent, labels, parent_sha256 from dbml.learned order by version").fetchall()
    hashes = dict(db.execute("select version, sha256 from dbml.model_version").fetchall())
    assert made == [(2, 1, 20, hashes[1]), (3, 2, 20, hashes[2])]
    # What is left waits for others, or for the worker's clock; and nothing is learnt twice.
    assert dbml.learn_labels(db) == 0
    db.execute("update dbml.label set at = at - interval '11 minutes'")
    assert dbml.learn_labels(db) == 7
    by_hand(model, frame[40:], labels[40:], together)
    assert bits(served(db)[1]) == bits(model)
    assert db.execute("select count(*) from dbml.label").fetchone() == (0,)
    assert db.execute("select labels, published, anchor, head from dbml.learning").fetchone() == (47, 47, 1, 4)


@pytest.mark.parametrize(
    "name",
    [
        "unbiased",
        *(pytest.param(name, marks=pytest.mark.long) for name in ("log_loss", "hinge", "squared", "regressor")),
    ],
)
def test_the_transaction_learns_what_scikit_learn_learns(db: Db, dsn: str, name: str) -> None:
    estimator = CLASSIFIERS.get(name, REGRESSOR)
    model = attached(db, estimator, how="transaction", every=25)
    random = np.random.default_rng(5)
    keys = random.integers(1, 400, 60)
    labels: Any = random.normal(size=60).round(3) if name == "regressor" else labels_of(random, 60)
    # The first wait for a worker to begin; then each statement learns by itself, many rows in their order.
    say(db, keys[:4], labels[:4])
    assert dbml.learn_labels(db) == 4
    say(db, keys[4:30], labels[4:30])
    with psycopg.connect(dsn) as other:
        say(other, [1, 2, 3], labels[:3])
        other.rollback()
    db.execute(
        "insert into verdict (customer_id, said) select * from unnest(%s::integer[], %s::text[])",
        [keys[30:].tolist(), [str(label) for label in labels[30:]]],
    )
    by_hand(model, rows(keys), labels)
    last = model[-1] if hasattr(model, "steps") else model
    [kept] = db.execute("select weights, intercept, t, labels from dbml.learning").fetchall()
    assert np.array(kept[0]).tobytes() == last.coef_.ravel().tobytes()
    assert (kept[1], kept[2], kept[3]) == (last.intercept_[0], last.t_, 60)
    # They are published as a version, from where it goes on.
    assert dbml.learn_labels(db) == 60
    version, found = served(db)
    assert (version, bits(found)) == (2, bits(model))
    say(db, keys[:5], labels[:5])
    by_hand(model, rows(keys[:5]), labels[:5])
    assert dbml.learn_labels(db, now=True) == 5
    assert bits(served(db)[1]) == bits(model)
    assert db.execute("select count(*) from dbml.label").fetchone() == (0,)
    assert db.execute("select count(*) from dbml.label_aside").fetchone() == (0,)


def test_coefficients_that_are_none_cost_no_insert(db: Db, dsn: str) -> None:
    """Whoever may deploy may also say what was learnt."""
    attached(db, CLASSIFIERS["log_loss"], how="transaction", every=1000, guard=0.5)
    dbml.learn_labels(db)
    forged = (
        "select dbml._learnt('churn', to_jsonb(s) || jsonb_build_object('settings', s.settings || %s::jsonb), '{}', '[]')"
        " from dbml.learning s"
    )
    for settings in ({"anchor_weights": ["x"]}, {"alpha": "x"}, {"loss": "'"}):
        db.execute(forged, [json.dumps(settings)])
        say(db, [1], ["gone"])
    assert db.execute("select count(*) from verdict").fetchone() == (3,)
    assert db.execute("select count(*) from dbml.label_aside where reason like '22P02%%'").fetchone() == (3,)


def test_one_learns_after_the_other(db: Db, dsn: str) -> None:
    model = attached(db, CLASSIFIERS["log_loss"], how="transaction", every=1000)
    dbml.learn_labels(db)

    def client(seed: int) -> list[tuple[int, int, str]]:
        random = np.random.default_rng(seed)
        learnt = []
        with psycopg.connect(dsn) as connection:
            for key, label in zip(random.integers(1, 400, 40), labels_of(random, 40), strict=True):
                say(connection, [key], [label])
                [(place,)] = connection.execute("select labels from dbml.learning").fetchall()
                learnt.append((place, int(key), str(label)))
                connection.commit()
        return learnt

    with ThreadPoolExecutor(4) as pool:
        order = sorted(one for learnt in pool.map(client, range(4)) for one in learnt)
    assert [place for place, _, _ in order] == list(range(1, 161))
    by_hand(model, rows([key for _, key, _ in order]), np.array([label for _, _, label in order]))
    [(weights,)] = db.execute("select weights from dbml.learning").fetchall()
    assert np.array(weights).tobytes() == model[-1].coef_.tobytes()
    # Where a statement would not see what others have learnt, the label waits.
    with psycopg.connect(dsn) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        say(connection, [7], ["gone"])
    assert db.execute("select count(*) from dbml.label").fetchone() == (1,)
    assert dbml.learn_labels(db) == 1
    by_hand(model, rows([7]), np.array(["gone"]))
    [(weights,)] = db.execute("select weights from dbml.learning").fetchall()
    assert np.array(weights).tobytes() == model[-1].coef_.tobytes()


@pytest.mark.parametrize("how", ["transaction", pytest.param("batched", marks=pytest.mark.long)])
def test_what_cannot_be_learnt_is_kept_aside(db: Db, how: str) -> None:
    model = attached(db, CLASSIFIERS["log_loss"], how=how, every=1000)
    dbml.learn_labels(db)
    db.execute(
        "insert into customer (id, a, b, c) values (1001, 'NaN', 1, 1), (1002, 1, null, 1), (1003, 1, 'Infinity', 1)"
    )
    say(db, [1, 1, 1001, 9999, 1002, 1003, 2], ["gone", "elsewhere", "gone", "here", "gone", "here", "here"])
    db.execute("insert into verdict (customer_id) values (1)")
    db.execute("select dbml.learn('churn', '{\"a\": 1, \"b\": 2, \"c\": 3}', 'gone')")
    assert dbml.learn_labels(db, now=True) > 0
    frame = pd.concat([rows([1, 2]), pd.DataFrame({"a": [1.0], "b": [2.0], "c": [3]})])
    by_hand(model, frame, np.array(["gone", "here", "gone"]))
    assert bits(served(db)[1]) == bits(model)
    aside = db.execute("select entity[1], reason from dbml.label_aside order by entity, label nulls last").fetchall()
    assert [key for key, _ in aside] == ["1", "1", "1001", "1002", "1003", "9999"]
    assert "no row of the profile has this key" in aside[-1][1]
    assert db.execute("select count(*) from dbml.label").fetchone() == (0,)
    # Of one entity nothing is kept.
    dbml.forget(db, "customer", [1001])
    assert db.execute("select count(*) from dbml.label_aside where entity = '{1001}'").fetchone() == (0,)


@pytest.mark.parametrize("how", ["batched", pytest.param("transaction", marks=pytest.mark.long)])
def test_a_guard_goes_back_to_where_learning_began(db: Db, how: str) -> None:
    # Steps so long that it forgets with each label what it knew.
    attached(db, CLASSIFIERS["log_loss"], steps=50, how=how, every=40, guard=0.1)
    dbml.learn_labels(db)
    labels = labels_of(np.random.default_rng(6), 200)
    say(db, range(1, 41), labels[:40])
    dbml.learn_labels(db)
    if how == "batched":  # judged on labels that come after those that it has learnt
        assert served(db)[0] == 2
        say(db, range(41, 81), labels[40:80])
        dbml.learn_labels(db)
    [(stopped,)] = db.execute("select stopped from dbml.learning").fetchall()
    assert "the running loss is" in stopped
    assert served(db)[0] == 1
    # Labels wait until somebody has looked.
    waiting = db.execute("select count(*) from dbml.label").fetchone()
    say(db, [1], ["gone"])
    assert dbml.learn_labels(db, now=True) == 0
    assert db.execute("select count(*) - 1 from dbml.label").fetchone() == waiting
    db.execute("select dbml.resume_learning('churn')")
    assert dbml.learn_labels(db, now=True) > 0
    assert db.execute("select anchor, stopped from dbml.learning").fetchone() == (1, None)


def test_a_lesson_may_go_another_way(db: Db) -> None:
    model = attached(db, CLASSIFIERS["log_loss"], every=1000)
    labels = labels_of(np.random.default_rng(8), 12)
    for first, how in ((0, "transaction"), (4, "batched"), (8, "transaction")):
        lesson = Learn("churn", "public.verdict", ("customer_id",), "said", how=how, every=1000)
        dbml.alter(db, Profile("public.customer", "id", [Prediction("churn", "score", "version")], lessons=[lesson]))
        dbml.learn_labels(db)
        say(db, range(first + 1, first + 5), labels[first : first + 4])
        waiting = 0 if how == "transaction" else 4
        assert db.execute("select count(*) from dbml.label").fetchone() == (waiting,)
        assert dbml.learn_labels(db, now=True) == 4
        by_hand(model, rows(range(first + 1, first + 5)), labels[first : first + 4])
        assert bits(served(db)[1]) == bits(model)
    assert db.execute("select count(*) from dbml.label_aside").fetchone() == (0,)


def test_nobody_learns_unsigned(db: Db, tmp_path: Path) -> None:
    attached(db, CLASSIFIERS["log_loss"], every=2)
    say(db, [1, 2], ["gone", "here"])
    with pytest.raises(DbmlError, match="you have no key to sign with"):
        dbml.learn_labels(db, key=tmp_path / "none.pem")
    assert db.execute("select count(*) from dbml.label").fetchone() == (2,)
    db.execute("delete from dbml.version_signature")
    with pytest.raises(DbmlError, match="nobody has signed churn@1"):
        dbml.learn_labels(db)
    assert db.execute("select count(*) from dbml.label").fetchone() == (2,)


@pytest.mark.long
def test_what_serves_by_a_strategy_does_not_learn(db: Db) -> None:
    attached(db, CLASSIFIERS["log_loss"], every=2)
    dbml.add_model(
        db, "churn", fitted(make_pipeline(StandardScaler(), GaussianNB())), sample=rows(range(1, 60)), output="gone"
    )
    db.execute("select dbml.deploy('churn', 2, strategy => 'canary', share => 10)")
    say(db, [1, 2], ["gone", "here"])
    assert dbml.learn_labels(db) == 0
    db.execute("select dbml.promote('churn')")
    # What serves now begins anew.
    assert dbml.learn_labels(db) == 2
    assert db.execute("select anchor, head from dbml.learning").fetchone() == (2, 3)


REFUSED = (
    (SGDClassifier(penalty="l1", random_state=1), "penalty = 'l1'"),
    (SGDClassifier(loss="modified_huber", random_state=1), "loss = 'modified_huber'"),
    (SGDClassifier(learning_rate="adaptive", eta0=0.1, random_state=1), "learning_rate = 'adaptive'"),
    (SGDClassifier(average=True, random_state=1), "average = True"),
    (GaussianNB(), "GaussianNB does not learn in a transaction"),
)


@pytest.mark.long
def test_what_is_not_the_same_to_the_bit_is_refused(db: Db) -> None:
    attached(db, REFUSED[0][0], how="transaction")
    for place, (estimator, says) in enumerate(REFUSED, 1):
        if place > 1:
            dbml.add_model(db, "churn", fitted(estimator), sample=rows(range(1, 60)))
            db.execute("select dbml.deploy('churn', %s, changes => '{output}')", [place])
        with pytest.raises(TrainingError, match=says):
            dbml.learn_labels(db)


def test_the_worker_learns(db: Db, cli: Any, tmp_path: Path) -> None:
    dbml.add_model(db, "churn", fitted(CLASSIFIERS["log_loss"]), sample=rows(range(1, 60)), output="gone")
    file = tmp_path / "spec.toml"
    file.write_text(
        '[profile]\ntable = "public.customer"\nkey = "id"\n[[prediction]]\nmodel = "churn"\ncolumn = "score"\n'
        '[[learn]]\nmodel = "churn"\ntable = "public.verdict"\nkey = "customer_id"\nvalue = "said = \'gone\'"\nevery = 3\n'
    )
    cli("attach", file)
    cli("deploy", "churn@1")
    say(db, [1, 2, 3], ["gone", "here", "gone"])
    assert "learn: 3 labels were learnt." in cli("worker", "--once", "--duty", "learn").output
    assert json.loads(cli("model", "show", "churn@2", "--json").output)["signed_by"]
    assert db.execute("select labels from dbml.learning").fetchone() == (3,)
    # Somebody drops the table of labels: what else there is goes on.
    db.execute("drop table verdict")
    cli("repair")
    cli("reconcile")
    cli("detach", "customer")
    assert db.execute("select count(*) from pg_proc where proname like 'profile%learn%'").fetchone() == (0,)


def test_a_wrong_lesson_is_refused(db: Db) -> None:
    attached(db, CLASSIFIERS["log_loss"])
    dbml.detach(db, "customer")
    prediction = [Prediction("churn", "score")]
    for said, says in (
        ({"value": "nothing"}, "which is not possible"),
        ({"key": ("said",)}, "cannot be compared"),
        ({"table": "public.nowhere"}, "there is no table public.nowhere"),
        ({"within": "soon"}, "which is no interval"),
    ):
        lesson = Learn(**{"model": "churn", "table": "public.verdict", "key": ("customer_id",), "value": "said"} | said)
        with pytest.raises(ProfileError, match=says):
            dbml.attach(db, Profile("public.customer", "id", prediction, lessons=[lesson]))
    for said, says in (
        ({"how": "now"}, "It is batched or transaction"),
        ({"every": 0}, "1 at least"),
        ({"guard": -1}, "difference"),
    ):
        with pytest.raises(SpecError) as error:
            Learn("churn", "public.verdict", ("customer_id",), "said", **said)  # type: ignore[arg-type]
        assert says in str(error.value) + str(error.value.hint)
