"""Nothing that no trusted key has signed runs in the server: attacks, keys, and what is over when a key is revoked."""

from __future__ import annotations

import hashlib
import io
import json
import shlex
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import psycopg
import pytest
from psycopg.types.json import Jsonb
from sklearn.gaussian_process import GaussianProcessClassifier

import dbml
from dbml._plpython.signing import record
from dbml.models import signing
from tests.application import Application, truth
from tests.conftest import Cli, Trained, profile_rows
from tests.integration.test_roles import made_role

Db = psycopg.Connection[Any]
UNSIGNED, UNTRUSTED, REVOKED, INVALID = "DB020", "DB021", "DB022", "DB023"


@pytest.fixture
def engine() -> str:
    return "python"


class Marks:
    """Writes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self.file), "w"))


@pytest.fixture
def mark() -> Iterator[Path]:
    """A file that the server's user could write."""
    folder = Path(tempfile.mkdtemp(prefix="dbml-mark-", dir="/tmp"))
    folder.chmod(0o777)
    yield folder / "mark"
    shutil.rmtree(folder)


@pytest.fixture
def marks(mark: Path) -> bytes:
    """A joblib file that leaves a mark on disk."""
    written = io.BytesIO()
    joblib.dump(Marks(mark), written)
    return written.getvalue()


@pytest.fixture
def tamper(db: Db) -> Callable[..., None]:
    """Writes dbml's own tables behind its back, as their owner could."""

    def run(statement: str, *values: Any) -> None:
        db.execute("set session_replication_role = replica")
        db.execute(statement, values)  # type: ignore[arg-type]
        db.execute("set session_replication_role = origin")

    return run


def copied(tamper: Callable[..., None], model: str, version: int, artifact: bytes | None = None) -> None:
    """A row like that of churn@1, under another name or with another file."""
    tamper(
        "insert into dbml.model_version (model, version, fingerprint, sha256, interface, golden, libraries, artifact)"
        " select %s, %s, fingerprint || %s, encode(sha256(coalesce(%s::bytea, artifact)), 'hex'), interface, golden,"
        " libraries, coalesce(%s::bytea, artifact) from dbml.model_version where model = 'churn' and version = 1",
        model, version, str(version), artifact, artifact,
    )  # fmt: skip
    tamper(
        "insert into dbml.version_engine (model, version, engine)"
        " select %s, %s, engine from dbml.version_engine where model = 'churn' and version = 1",
        model, version,
    )  # fmt: skip


def signed(tamper: Callable[..., None], model: str, version: int, public_key: str, signature: bytes) -> None:
    tamper("insert into dbml.version_signature values (%s, %s, %s, %s)", model, version, public_key, signature)


def stored(db: Db) -> tuple[dict[str, Any], str, bytes]:
    """Features of the one version there is, and the key and bytes of its signature."""
    row = db.execute(
        "select v.interface, s.public_key, s.signature from dbml.model_version v"
        " join dbml.version_signature s using (model, version)"
    ).fetchone()
    assert row is not None
    return row


def without_cryptography(session: Db) -> None:
    """Take the package away from the Python of this session."""
    session.execute("do language plpython3u $$ import sys; sys.modules['cryptography.exceptions'] = None $$")


def refused(dsn: str, version: str, sqlstate: str) -> None:
    """Neither deployed nor scored, each in a session of its own."""
    name, _, number = version.partition("@")
    for call in ("select dbml.deploy(%s, %s)", "select dbml.verify(%s, %s)"):
        with psycopg.connect(dsn, autocommit=True) as session, pytest.raises(psycopg.Error) as raised:
            session.execute(call, [name, int(number)])  # type: ignore[arg-type]
        assert raised.value.sqlstate == sqlstate, (call, version, raised.value)
        assert raised.value.diag.message_hint
    with psycopg.connect(dsn, autocommit=True) as session:
        assert session.execute(
            "select count(*) from dbml.deployment where model <> 'churn' or version <> 1"
        ).fetchone() == (0,)


@pytest.mark.usefixtures("live")
def test_attacks(
    db: Db, dsn: str, tamper: Callable[..., None], marks: bytes, mark: Path, tmp_path: Path, churn: Trained
) -> None:
    with psycopg.connect(dsn, autocommit=True) as session:
        without_cryptography(session)
        with pytest.raises(psycopg.Error, match="lacks the package cryptography") as raised:
            session.execute("select dbml.deploy('churn', 1)")
        assert raised.value.sqlstate == "DB001"
        assert "python3-cryptography" in (raised.value.diag.message_hint or "")

    features, public, signature = stored(db)
    theirs, mine = (signing.new_key(tmp_path / name) for name in ("theirs.pem", "mine.pem"))
    marks_sha256 = _sha256(marks)

    copied(tamper, "unsigned", 1, marks)
    refused(dsn, "unsigned@1", UNSIGNED)

    copied(tamper, "untrusted", 1, marks)
    signed(tamper, "untrusted", 1, theirs.public, theirs.sign("untrusted", 1, marks_sha256, features))
    refused(dsn, "untrusted@1", UNTRUSTED)

    dbml.trust_key(db, mine.public, "me")
    copied(tamper, "control", 1, marks)
    signed(tamper, "control", 1, mine.public, mine.sign("control", 1, marks_sha256, features))
    with psycopg.connect(dsn) as session:
        session.execute("select dbml.verify('control', 1)")
    assert mark.exists(), "the file does what the attacks want it to do"
    mark.unlink()
    dbml.revoke_key(db, mine.public)
    refused(dsn, "control@1", REVOKED)

    # By the trusted key, and of something else.
    copied(tamper, "another", 1, marks)
    signed(tamper, "another", 1, public, signature)
    refused(dsn, "another@1", INVALID)
    copied(tamper, "right_file", 1)
    signed(tamper, "right_file", 1, public, signature)
    refused(dsn, "right_file@1", INVALID)
    copied(tamper, "churn", 2)
    signed(tamper, "churn", 2, public, signature)
    refused(dsn, "churn@2", INVALID)
    assert not mark.exists()

    # The version that serves, changed in its place: sessions that come find out, and rows keep their score.
    (score,) = db.execute("select churn_score from customer where id = 1").fetchone() or (None,)
    before = db.execute("select artifact, interface from dbml.model_version where version = 1").fetchone()
    assert before is not None
    swapped = {**features, "features": features["features"][::-1]}
    changes: list[tuple[str, Any, Any]] = [
        ("artifact", marks, before[0]),
        ("artifact", _flipped(before[0]), before[0]),
        ("interface", Jsonb(swapped), Jsonb(before[1])),
        ("interface", Jsonb({**features, "output": {"kind": "value"}}), Jsonb(before[1])),
    ]
    for column, wrong, right in changes:
        change = f"update dbml.model_version set {column} = %s where model = 'churn' and version = 1"
        tamper(change, wrong)
        refused(dsn, "churn@1", INVALID)
        not_scored(db, dsn, INVALID, score)
        tamper(change, right)
    change = "update dbml.version_signature set signature = %s where model = 'churn' and version = 1"
    tamper(change, _flipped(signature))
    refused(dsn, "churn@1", INVALID)
    tamper(change, signature)
    tamper("delete from dbml.version_signature where model = 'churn' and version = 1")
    not_scored(db, dsn, UNSIGNED, score)
    signed(tamper, "churn", 1, public, signature)
    assert not mark.exists()

    with psycopg.connect(dsn, autocommit=True) as session:
        dbml.rescore(session, "churn", stale=True)
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)


def _sha256(blob: bytes) -> str:
    return hashlib.sha256(blob).hexdigest()


def _flipped(blob: bytes) -> bytes:
    middle = len(blob) // 2
    return blob[:middle] + bytes([blob[middle] ^ 1]) + blob[middle + 1 :]


def not_scored(db: Db, dsn: str, sqlstate: str, score: float) -> None:
    """A new session's insert goes through, without a new score, and an operator sees why."""
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute("insert into complaint (customer_id) values (1)")
        assert session.execute("select churn_score from customer where id = 1").fetchone() == (score,)
        (failure,) = session.execute("select last_failure from dbml.status").fetchone() or ("",)
        assert failure.startswith(f"{sqlstate}: ")
        with pytest.raises(psycopg.Error) as raised:
            session.execute("select dbml.score('churn', c) from customer c where id = 1")
        assert raised.value.sqlstate == sqlstate


def test_a_deployer_writes_no_signatures_and_trusts_nobody(db: Db, dsn: str, tmp_path: Path) -> None:
    public = signing.new_key(tmp_path / "key.pem").public
    for role in ("dbml_deployer", "dbml_analyst"):
        for session in made_role(db, dsn, role):
            for statement in (
                "insert into dbml.model_version select * from dbml.model_version",
                "update dbml.model_version set artifact = ''",
                "insert into dbml.version_signature values ('churn', 1, 'x', '')",
                f"insert into dbml.trusted_key (public_key) values ('{public}')",
                "update dbml.trusted_key set revoked_at = null, revoked_by = null",
                "delete from dbml.trusted_key",
                f"select dbml.trust_key('{public}', 'me')",
                f"select dbml.revoke_key('{public}')",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    session.execute(statement)  # type: ignore[arg-type]
            assert [row["owner"] for row in dbml.trusted_keys(session)] == [signing.owner()]


@pytest.mark.usefixtures("live")
def test_a_revoked_key_stops_open_sessions_too(
    db: Db, dsn: str, cli: Cli, churn: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scored(session: Db) -> tuple[Any, ...]:
        session.execute("insert into complaint (customer_id) values (2)")
        row = session.execute("select stale, left(last_failure, 5) from dbml.status").fetchone()
        assert row is not None
        return row

    score = "select count(dbml.score('churn', c)) from customer c"
    with psycopg.connect(dsn, autocommit=True) as open_session:
        assert scored(open_session) == (0, None)
        assert open_session.execute(score).fetchone() == (50,)
        (key,) = json.loads(cli("key", "list", "--json").output)
        assert f"key of {signing.owner()} is revoked" in cli("key", "revoke", key["fingerprint"]).output
        assert scored(open_session) == (1, REVOKED)
        with pytest.raises(psycopg.Error) as raised:
            open_session.execute(score)
        assert raised.value.sqlstate == REVOKED
        with psycopg.connect(dsn, autocommit=True) as later:
            assert scored(later) == (1, REVOKED)
        assert "was revoked" in cli("deploy", "churn@1", exit_code=1).output
        assert "was revoked" in cli("model", "verify", "churn@1", exit_code=1).output
        assert "(revoked)" in cli("model", "show", "churn@1").output
        assert "MISSING  signature of churn@1" in cli("doctor", exit_code=1).output

        # Trust does not come back; another key signs the same version.
        assert "stays so" in cli("install").output
        assert "was revoked" in cli("key", "trust", key["public_key"], exit_code=1).output
        monkeypatch.setenv("DBML_KEY", str(tmp_path / "another.pem"))
        command = cli("key", "new").output.partition("says: ")[2]
        assert "trusted from now on" in cli(*shlex.split(command)[1:]).output
        added = cli("model", "add", "churn", churn.file, "--sample", churn.sample)
        assert "is this very artifact already" in added.output and "signed with your key as well" in added.output
        dbml.rescore(open_session, "churn", stale=True)
        assert scored(open_session) == (0, None)
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)


def test_the_plain_path_and_a_second_user(
    cli: Cli, db: Db, dsn: str, churn: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(name: str, engine: str, exit_code: int = 0) -> str:
        return cli(
            "model", "add", name, churn.file, "--sample", churn.sample, "--engine", engine, exit_code=exit_code
        ).output

    # The first: install has made a key, and nobody asks for it.
    mode = signing.key_path().stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert add("churn", "python").startswith("churn@1 added, engine python")
    assert json.loads(cli("model", "show", "churn@1", "--json").output)["signed_by"] == [signing.owner()]
    assert "there is a key already" in cli("key", "new", exit_code=1).output

    # The second: told what to do, by him and by an administrator.
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "second"))
    said = add("second", "python", exit_code=1)
    assert "dbml key new" in said and "dbml key trust PUBLIC_KEY" in said
    only_itself, rows = tmp_path / "process.joblib", churn.rows[["spend"]]
    joblib.dump(GaussianProcessClassifier(optimizer=None).fit(rows, rows["spend"] > 50), only_itself)
    assert "process@1 is for engine python" in cli("model", "add", "process", only_itself, exit_code=1).output
    cli("key", "new")
    said = add("second", "python", exit_code=1)
    assert "does not trust your key" in said
    cli(*shlex.split(said.partition("says: ")[2])[1:])
    add("second", "python")
    assert len(json.loads(cli("key", "list", "--json").output)) == 2

    # A key that others can read is not used; what needs no signature goes on.
    signing.key_path().chmod(0o640)
    said = add("third", "python", exit_code=1)
    assert "can be read or changed by others" in said and "chmod 600" in said
    assert "not signed" in add("third", "sql")
    signing.key_path().write_text("nonsense")
    signing.key_path().chmod(0o600)
    assert "holds no Ed25519 key" in add("fourth", "python", exit_code=1)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    assert "Note: no key of yours is trusted" in cli("install").output
    assert db.execute("select signed_by from dbml.model where name = 'third'").fetchone() == ([],)

    for wrong in ("ed25519:00", "ed25519:" + "G" * 64, "ssh-ed25519 AAAA"):
        assert "no public key" in cli("key", "trust", wrong, exit_code=1).output
    assert "no key" in cli("key", "revoke", "0" * 32, exit_code=1).output


def test_other_engines_ask_for_no_signature_but_a_wrong_one_is_refused(
    cli: Cli, db: Db, dsn: str, tamper: Callable[..., None], churn: Trained
) -> None:
    cli("model", "add", "churn", churn.file, "--sample", churn.sample, "--engine", "sql")
    tamper("update dbml.version_signature set signature = %s", _flipped(stored(db)[2]))
    assert "does not fit" in cli("deploy", "churn@1", exit_code=1).output
    with psycopg.connect(dsn, autocommit=True) as session:
        without_cryptography(session)
        session.execute("select dbml.deploy('churn', 1)")
    tamper("delete from dbml.version_signature")
    cli("deploy", "churn@1")


def test_a_script_carries_the_signature(application: Application) -> None:
    application.edit("migrations/versions/r0002_churn_1.py", '"engine": "sql"', '"engine": "python"')
    application.psql(application.script("0002"))
    application.execute("insert into customer (id, plan, spend) select i, 'plus', i * 7 from generate_series(1, 9) i")
    assert application.rows("select engine, signed_by from dbml.model") == [("python", [signing.owner()])]
    scores = [score for (score,) in application.rows("select churn_score from customer order by id")]
    assert scores == pytest.approx(truth(application, 1), abs=1e-9)


def test_the_record_outlives_jsonb(db: Db) -> None:
    # The engine python is not asked, but the server's way of keeping numbers and texts is.
    label: list[Any] = [1.0, -0.0, 1, True, 1e300, 1e22, 1e-7, 0.1, 2**63 - 1, 'größer\n"\\\x7f\u2028', None]
    features = {"output": {"kind": "probability", "label": label}, "features": [{"name": "Z", "kind": "float"}]}
    row = db.execute("select %s::jsonb::text", [Jsonb(features)]).fetchone()
    assert row is not None
    assert record("churn", 3, "ab", json.loads(row[0])) == record("churn", 3, "ab", features)
    plain = {"output": {"kind": "value"}, "features": [{"name": "größe", "kind": "float"}]}
    assert (
        record("churn", 3, "ab", plain)
        == (
            'dbml-model-v1\n{"model":"churn","sha256":"ab","signature":{"features":[{"kind":"float","name":"größe"}],'
            '"output":{"kind":"value"}},"version":3}'
        ).encode()
    )
