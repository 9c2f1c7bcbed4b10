"""The operations as SQL that psql runs to the same end (pure, but for reading the model's file)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from psycopg import sql

from dbml import database, errors
from dbml.alembic.declaration import Release
from dbml.database import template
from dbml.models import adding, draft, signing, versions
from dbml.models.engines import ENGINES
from dbml.profiles import attachment
from dbml.profiles.catalog import Attachment
from dbml.profiles.expectation import refuse_strangers
from dbml.script import block, filled, numbered, quoted


def uninstall() -> str:
    """Remove the schema if a migration created it."""
    return database.text("alembic/script/uninstall").replace(
        "@uninstall@", quoted(database.text("schema/install/uninstall"))
    )


def add_model(release: Release) -> str:
    """Sign a version and store it with the first engine that answers here as the estimator; the server verifies it.

    :raises UnsignedModel: only the engine ``python`` can run it, and whoever writes the script has no key.
    :raises ArtifactError: without a version the number that it becomes is not known; or no engine can run it.
    """
    # scikit-learn takes a second to import.
    from dbml.models import artifact

    if release.version is None:
        raise errors.ArtifactError(
            f"a script cannot know which version of {release.name} this becomes",
            f'Name it: op.add_model("{release.name}", …, version=1).',
        )
    versions.check_name(release.name)
    read = artifact.read(release.path, release.sample, release.output, release.trust, release.types)
    prepared = draft.prepare(
        release.name,
        release.version,
        read,
        sql_alone=release.engine == "sql",
        metrics=release.metrics,
        git_revision=adding.git_revision(release.path),
        note=release.note,
        migrated=True,
    )
    candidates = ENGINES if release.engine == "auto" else (release.engine,)
    refusals = prepared.refusals
    chosen = next((engine for engine in candidates if engine not in refusals), None)
    if chosen not in ENGINES:
        reason = refusals.get(release.engine if release.engine != "auto" else "portable", "there is none of that name")
        raise errors.ArtifactError(
            f"{release} cannot run on engine {release.engine}: {reason}",
            f"Engines are auto, {', '.join(ENGINES)}.",
        )
    statements = [f"perform a.added from ({filled(*one)}) a;" for one in prepared.statements(chosen)]
    key = _key(release, chosen)
    signed = draft.signature(key, release.name, release.version, read) if key else None
    return block(
        template(
            "alembic/add_model",
            name=sql.Literal(release.name),
            version=release.version,
            public_key=sql.Literal(key.public if key else None),
            sign=database.verbatim(filled("add_signature", signed) if signed else "select null"),
            fingerprint=sql.Literal(read.fingerprint),
            engine=sql.Literal(chosen),
            store=database.verbatim("\n      ".join(statements)),
        ).as_string(None)
    )


def _key(release: Release, engine: str) -> signing.Key | None:
    """The writer's key; only the engine ``python`` cannot do without."""
    try:
        key = signing.read_key()
    except errors.KeyFileError:
        if engine == "python":
            raise
        return None
    if key is None and engine == "python":
        raise errors.UnsignedModel(
            f"{release} is for engine python, which runs only what is signed, and there is no {signing.key_path()}",
            "dbml key new makes a key; an administrator of the database then trusts it.",
        )
    return key


def attach(attached: Attachment, backfill: bool, trust: bool) -> str:
    """Attach a profile to tables that are as the application's models say; the server compares before."""

    def then(number: int) -> str:
        return _joined(attachment.work(replace(attached, id=number), backfill=backfill, trust=trust))

    first = [*([] if trust else [refuse_strangers(attached)]), *attachment.prepare(attached)]
    parts = {"first": quoted(_joined(first)), "then": quoted(numbered(then))}
    return block(
        template(
            "alembic/attach",
            lock_timeout=sql.Literal(attachment.LOCK_TIMEOUT),
            **{name: database.verbatim(text) for name, text in parts.items()},
        ).as_string(None)
    )


def _joined(statements: Iterable[sql.Composed]) -> str:
    return ";\n".join(statement.as_string(None).rstrip().removesuffix(";") for statement in statements)
