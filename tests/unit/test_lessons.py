"""What a spec says of learning survives being written down, in the database and in a revision."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from dbml import spec
from dbml.alembic import rendering, tables

TEXT = """
[profile]
table = "public.customer"
key = ["region", "id"]
[[prediction]]
model = "churn"
column = "score"
[[learn]]
model = "churn"
table = "public.verdict"
key = ["customer_region", "customer_id"]
value = "said = 'gone'"
how = "transaction"
every = 50
guard = 0.25
"""


def test_a_lesson_is_written_down_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "spec.toml"
    file.write_text(TEXT)
    read = spec.read(file)
    assert spec.Profile.from_dict(json.loads(json.dumps(read.as_dict()))) == read
    context: Any = SimpleNamespace(imports=set())
    assert eval(rendering._profile(context, read), {"spec": spec}) == read
    # Without a lesson nothing is said of any.
    assert "lessons" not in spec.Profile("t", "id", [spec.Prediction("churn", "score")]).as_dict()


def test_a_script_knows_the_table_of_labels() -> None:
    metadata = sa.MetaData()
    sa.Table("customer", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("score", sa.Float))
    sa.Table("verdict", metadata, sa.Column("customer_id", sa.Integer), sa.Column("said", sa.Text))
    lesson = spec.Learn("churn", "verdict", ("customer_id",), "said")
    profile = spec.Profile("customer", "id", [spec.Prediction("churn", "score")], lessons=[lesson])
    found = tables.attachment([metadata], profile)
    assert [(str(table), list(table.columns)) for _, table in found.labels] == [
        ("public.verdict", ["customer_id", "said"])
    ]
