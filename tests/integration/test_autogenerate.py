"""``alembic revision --autogenerate``: proposes what has changed, in order, and nothing where nothing has."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import joblib
import pytest
from alembic.util import CommandError

from tests.application import Application, truth
from tests.conftest import Databases
from tests.integration.test_example import DATA, SCORES


def operations(text: str, function: str) -> list[str]:
    """The operations of ``upgrade`` or ``downgrade``, in order."""
    body = text.split(f"def {function}()")[1].split("\ndef ")[0]
    return re.findall(r"^    op\.(\w+)", body, re.MULTILINE)


@pytest.fixture(scope="module")
def at_head(trained_example: Path, databases: Databases) -> str:
    """A database of the example at head, with data."""
    with pytest.MonkeyPatch.context() as patch:
        application = Application(trained_example, databases.create(), patch)
        application.alembic("upgrade", "head")
        application.execute(DATA)
    return application.dsn


@pytest.fixture
def current(application: Application, databases: Databases, at_head: str) -> Application:
    """The application at head, with data."""
    return replace(application, dsn=databases.create(like=at_head))


def test_nothing_has_changed(current: Application) -> None:
    current.alembic("check")
    current.edit("migrations/env.py", "target_metadata=", "include_schemas=True, target_metadata=")
    current.alembic("check")


def test_from_an_empty_database(application: Application) -> None:
    for file in (application.folder / "migrations/versions").glob("*.py"):
        file.unlink()
    text = application.propose()
    assert operations(text, "upgrade") == [
        "create_table",
        "create_table",
        "create_index",
        "install_dbml",
        "add_model",
        "add_model",
        "attach_profile",
        "deploy_model",
    ]
    assert operations(text, "downgrade") == [
        "undeploy_model",
        "detach_profile",
        "remove_model",
        "remove_model",
        "uninstall_dbml",
        "drop_index",
        "drop_table",
        "drop_table",
    ]
    application.alembic("upgrade", "head")
    application.alembic("check")
    application.execute(DATA)
    assert [row[2] for row in application.rows(SCORES)] == pytest.approx(truth(application, 2), abs=1e-9)
    application.alembic("downgrade", "base")
    application.execute("drop table alembic_version")
    application.psql(application.script("head"))
    application.alembic("check")


def test_a_changed_counter(current: Application) -> None:
    before = current.rows("select id, severe_complaints, churn_score from customer order by id")
    attached = current.rows("select id from dbml.profile")
    current.edit("shop.py", "severity >= 3", "severity >= 2")
    text = current.propose()
    assert operations(text, "upgrade") == operations(text, "downgrade") == ["alter_profile"]
    current.alembic("upgrade", "head")
    assert current.rows("select sum(severe_complaints) from customer") == current.rows(
        "select count(*) from complaint where severity >= 2"
    )
    # In place: what others have built on its functions is there.
    assert current.rows("select id from dbml.profile") == attached
    current.alembic("check")
    current.alembic("downgrade", "-1")
    assert current.rows("select id, severe_complaints, churn_score from customer order by id") == before


def test_a_new_version(current: Application) -> None:
    before = current.rows(SCORES)
    models = current.folder / "models"
    estimator = joblib.load(models / "churn-1.joblib")
    estimator[-1].C = 0.5  # another file with the same answers
    joblib.dump(estimator, models / "churn-3.joblib")
    digest = hashlib.sha256((models / "churn-3.joblib").read_bytes()).hexdigest()
    manifest = models / "manifest.toml"
    manifest.write_text(
        manifest.read_text()
        + f'\n[[model]]\nname = "churn"\nversion = 3\nfile = "churn-3.joblib"\nsha256 = "{digest}"\n'
        'sample = "churn-1.csv"\nengine = "sql"\nmetrics = { auc = 0.5 }\nnote = "it\'s \\"back\\""\n'
    )
    text = current.propose()
    assert operations(text, "upgrade") == ["add_model", "deploy_model"]
    assert operations(text, "downgrade") == ["undeploy_model", "remove_model"]
    current.alembic("upgrade", "head")
    assert current.rows("select version, metrics, note from dbml.model where deployed") == [
        (3, {"auc": 0.5}, 'it\'s "back"')
    ]
    assert [row[2] for row in current.rows(SCORES)] == pytest.approx(truth(current, 1), abs=1e-9)
    current.alembic("check")
    current.alembic("downgrade", "-1")
    assert current.rows(SCORES) == before


def test_a_version_that_changes_more_than_its_scores_says_so(application: Application) -> None:
    """The manifest's second version takes a feature that the first one does not."""
    for name in ("r0003_churn_2", "r0002_churn_1"):
        (application.folder / f"migrations/versions/{name}.py").unlink()
    manifest = application.folder / "models/manifest.toml"
    whole = manifest.read_text()
    manifest.write_text(whole.rpartition("[[model]]")[0])
    application.alembic("upgrade", "head")
    assert "op.deploy_model('churn', 1)" in application.propose()
    application.alembic("upgrade", "head")
    manifest.write_text(whole)
    text = application.propose()
    assert "op.deploy_model('churn', 2, changes=['features'])" in text
    assert "op.undeploy_model('churn', 2, changes=['features'])" in text
    application.alembic("upgrade", "head")
    application.alembic("check")
    application.alembic("downgrade", "-1")


def test_a_stored_version_never_changes(current: Application) -> None:
    digest = current.rows("select sha256 from dbml.model where version = 2")[0][0]
    current.edit("models/manifest.toml", digest, "0" * 64)
    with pytest.raises(CommandError, match="churn@2 of the manifest is another file"):
        current.propose()


def test_a_dropped_event(current: Application) -> None:
    before = current.rows("select id, complaints, severe_complaints from customer order by id")
    shop = current.folder / "shop.py"
    text = shop.read_text()
    text = re.sub(r"class Complaint.*?\n\n\n", "", text, flags=re.DOTALL)
    shop.write_text(re.sub(r"        events=\[.*?\n        \],\n", "", text, flags=re.DOTALL))
    text = current.propose()
    assert operations(text, "upgrade") == ["detach_profile", "drop_index", "drop_table", "attach_profile"]
    assert operations(text, "downgrade") == ["detach_profile", "create_table", "create_index", "attach_profile"]
    current.alembic("upgrade", "head")
    assert current.rows("select id, complaints, severe_complaints from customer order by id") == before
    current.alembic("check")
    current.alembic("downgrade", "-1")  # without its events, which a drop does not bring back
    current.execute("insert into complaint (customer_id) values (1)")
    assert [row[2] for row in current.rows(SCORES)] == pytest.approx(truth(current, 2), abs=1e-9)


def test_a_renamed_column_of_a_feature(current: Application) -> None:
    before = current.rows("select id, spend, churn_score from customer order by id")
    current.edit("shop.py", "    spend: Mapped[float]", "    monthly: Mapped[float]")
    current.edit(
        "shop.py",
        'version_column="churn_version")',
        'version_column="churn_version", features={"spend": "monthly"})',
    )
    text = current.propose()
    assert operations(text, "upgrade") == ["detach_profile", "add_column", "drop_column", "attach_profile"]
    assert operations(text, "downgrade") == ["detach_profile", "add_column", "drop_column", "attach_profile"]
    # Alembic cannot tell a rename from a drop; who writes the revision can.
    file = next((current.folder / "migrations/versions").glob("*_proposed.py"))
    for old, new in (("spend", "monthly"), ("monthly", "spend")):
        rename = f'    op.alter_column("customer", "{old}", new_column_name="{new}")\n'
        text = re.sub(rf"    op\.add_column\('customer', sa\.Column\('{new}'.*\n", rename, text)
        text = re.sub(rf"    op\.drop_column\('customer', '{old}'.*\n", "", text)
    file.write_text(text)
    current.alembic("upgrade", "head")
    assert current.rows("select id, monthly, churn_score from customer order by id") == before
    current.alembic("check")
    current.alembic("downgrade", "-1")
    assert current.rows("select id, spend, churn_score from customer order by id") == before


def test_a_dropped_feature_stops_the_revision(current: Application) -> None:
    current.edit("shop.py", "    spend: Mapped[float] = mapped_column(sa.Double)\n", "")
    with pytest.raises(CommandError, match='feature "spend" of churn would be no column of customer'):
        current.propose()


def test_a_dropped_column_of_a_counter_stops_the_revision(current: Application) -> None:
    current.edit("shop.py", '    severity: Mapped[int] = mapped_column(server_default=sa.text("1"))\n', "")
    with pytest.raises(CommandError, match='column "severity" of public.complaint would be dropped'):
        current.propose()


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ('drop_column("customer", "spend")', '"spend" of "customer" is a feature of churn'),
        ('alter_column("customer", "plan", new_column_name="tariff")', '"plan" of "customer" is a feature of churn'),
        ('drop_column("complaint", "severity")', 'is read by the counter "severe_complaints" of customer'),
        ('drop_column("customer", "churn_score")', "is where predictions of churn stand"),
        ('drop_table("complaint")', 'table "complaint" is an event of customer'),
    ],
)
def test_a_migration_by_hand_stops_as_well(current: Application, operation: str, said: str) -> None:
    script = current.alembic("revision", "by hand")
    current.edit(f"migrations/versions/{script.path.rpartition('/')[2]}", "    pass", f"    op.{operation}")
    with pytest.raises(CommandError, match=re.escape(said)):
        current.alembic("upgrade", "head")


def test_columns_that_attach_added_are_no_drops(current: Application) -> None:
    current.edit("shop.py", "    churn_version: Mapped[int | None]\n", "")
    current.edit(
        "shop.py",
        '    severe_complaints: Mapped[int] = mapped_column(sa.BigInteger, server_default=sa.text("0"))\n',
        "",
    )
    current.alembic("check")


COUNTERS = {
    "late": "count(*) filter (where severity > 3)",
    "worst": "max(severity)",
    "harm": "sum(severity * 2)",
    "mean": "avg(severity)",
}


def test_columns_of_counters_that_no_model_declares_are_added(current: Application, databases: Databases) -> None:
    before = current.rows("select * from customer order by id")
    new = "".join(f'                    "{column}": "{aggregate}",\n' for column, aggregate in COUNTERS.items())
    current.edit("shop.py", '                    "severe_complaints"', new + '                    "severe_complaints"')
    text = current.propose()
    assert operations(text, "upgrade") == [*["add_column"] * 4, "alter_profile"]
    assert operations(text, "downgrade") == ["alter_profile", *["drop_column"] * 4]
    current.alembic("upgrade", "head")
    current.execute("insert into complaint (customer_id, severity) values (20, 5)")
    assert current.rows(f"select id, {', '.join(COUNTERS)} from customer order by id") == current.rows(
        f"select c.id, {', '.join(COUNTERS.values())} from customer c left join complaint e on e.customer_id = c.id"
        " group by c.id order by c.id".replace("count(*)", "count(e.id)")
    )
    current.alembic("check")
    current.execute("delete from complaint where customer_id = 20 and severity = 5")
    current.alembic("downgrade", "-1")
    assert current.rows("select * from customer order by id") == before


def test_a_script_knows_the_columns_of_counts(current: Application) -> None:
    current.edit(
        "shop.py",
        '"severe_complaints": "count',
        '"late": "count(*) filter (where severity > 3)", "severe_complaints": "count',
    )
    current.propose()
    current.psql(current.script("0003:head"))
    assert current.rows("select sum(late) from customer") == current.rows(
        "select count(*) from complaint where severity > 3"
    )
    current.alembic("check")


def test_an_application_may_declare_none_of_dbmls_columns(application: Application) -> None:
    for file in (application.folder / "migrations/versions").glob("*.py"):
        file.unlink()
    shop = application.folder / "shop.py"
    shop.write_text(
        re.sub(r"    (complaints|severe_complaints|churn_score|churn_version): Mapped.*\n", "", shop.read_text())
    )
    text = application.propose()
    assert operations(text, "upgrade")[:8] == [
        "create_table", "create_table", "create_index", *["add_column"] * 4, "install_dbml"
    ]  # fmt: skip
    application.alembic("upgrade", "head")
    application.alembic("check")
    application.execute(DATA)
    assert [row[2] for row in application.rows(SCORES)] == pytest.approx(truth(application, 2), abs=1e-9)
    application.alembic("downgrade", "base")


def test_a_column_whose_type_only_a_model_can_name(current: Application) -> None:
    current.edit(
        "shop.py", '"severe_complaints": "count', '"first": "min(array[severity])", "severe_complaints": "count'
    )
    with pytest.raises(CommandError, match=r'no model declares the column "first" of min.*integer\[\]'):
        current.propose()


def test_a_profile_no_longer_declared_is_detached(current: Application) -> None:
    before = current.rows(SCORES)
    shop = current.folder / "shop.py"
    shop.write_text(re.sub(r"    Profile\(.*?\n    \),\n", "", shop.read_text(), flags=re.DOTALL))
    text = current.propose()
    assert operations(text, "upgrade") == ["detach_profile"]
    current.alembic("upgrade", "head")
    current.alembic("check")
    current.execute("insert into complaint (customer_id) values (1)")
    assert current.rows(SCORES) == before
    current.alembic("downgrade", "-1")
    assert [row[2] for row in current.rows(SCORES)] == pytest.approx(truth(current, 2), abs=1e-9)
