"""The operations as SQL that psql runs to the same end (pure, but for reading the model's file)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import MetaData

from dbml import database, errors
from dbml.alembic import tables
from dbml.alembic.declaration import Release
from dbml.database import template
from dbml.models import signing, versions
from dbml.models.trial import ENGINES
from dbml.profiles import attachment, triggers
from dbml.profiles.catalog import Attachment, Column
from dbml.profiles.spec import Profile
from dbml.schema.assembly import code_digest, code_parts, code_script
from dbml.schema.install import migration_script, revisions

# Stands for the number of a profile until the server gives one; no number that anybody reaches.
PLACEHOLDER = 1999999973


def install(python_path: str | None) -> str:
    """Create or upgrade the schema, from whichever revision it is at, with PL/Python where the server has it."""
    plain, in_python, rights, rights_in_python = code_parts()
    end = database.text("alembic/script/install_end")
    for plpython, mark in ((True, "@digest_plpython@"), (False, "@digest_plain@")):
        end = end.replace(mark, code_digest(code_script(plpython)))
    parts = [
        database.text("alembic/script/install_begin"),
        database.text("schema/install/roles"),
        database.text("schema/install/schemas"),
        *(_revision(before, revision) for before, revision in revisions()),
        plain,
        _where_plpython(f"create extension if not exists plpython3u;\n{in_python}"),
        rights,
        _where_plpython(rights_in_python),
        end,
    ]
    if python_path is not None:
        parts.append(_filled("save_setting", {"name": "python_path", "value": python_path}) + ";")
    with suppress(errors.KeyFileError):  # without a key, add_model says so where it needs one
        key, _ = signing.own_key()
        # As installing without --sql does: who installs will sign models.
        trusted = {"public_key": sql.Literal(key.public), "owner": sql.Literal(signing.owner())}
        parts.append(_block(_composed("trust_key", **trusted)))
    return "\n".join(parts)


def _revision(before: str | None, revision: str) -> str:
    text = migration_script(before, revision)
    return _block(
        "declare\n  current_revision text;\nbegin\n"
        "  if to_regclass('dbml.alembic_version') is not null then\n"
        "    execute 'select version_num from dbml.alembic_version' into current_revision;\n  end if;\n"
        f"  if current_revision is not distinct from {_literal(before)} then\n"
        f"    execute {quoted(text)};\n  end if;\nend"
    )


def _where_plpython(text: str) -> str:
    return _block(
        "begin\n  if exists (select from pg_catalog.pg_available_extensions where name = 'plpython3u')\n"
        "     and (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then\n"
        f"    execute {quoted(text)};\n  end if;\nend"
    )


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
    from dbml.scorer import engines

    if release.version is None:
        raise errors.ArtifactError(
            f"a script cannot know which version of {release.name} this becomes",
            f'Name it: op.add_model("{release.name}", …, version=1).',
        )
    versions.check_name(release.name)
    read = artifact.read(release.path, release.sample, release.output)
    possible = engines.prepare(
        read.estimator,
        read.signature,
        read.golden,
        label=str(release),
        sql_alone=release.engine == "sql",
    )
    candidates = ENGINES if release.engine == "auto" else (release.engine,)
    refusals = possible.refusals | read.refusals
    chosen = next((engine for engine in candidates if engine not in refusals), None)
    if chosen not in ENGINES:
        reason = refusals.get(release.engine if release.engine != "auto" else "portable", "there is none of that name")
        raise errors.ArtifactError(
            f"{release} cannot run on engine {release.engine}: {reason}",
            f"Engines are auto, {', '.join(ENGINES)}.",
        )
    row = versions.stored_row(release.name, release.version, read, possible) | {
        "engine": chosen,
        "parity": Jsonb({}),
        "cost": Jsonb({}),
        "metrics": Jsonb(dict(release.metrics)),
        "git_revision": versions.git_revision(release.path),
        "note": release.note,
        "migrated": True,
    }
    key = _key(release, chosen)
    signed = versions.signature_row(key, release.name, release.version, read) if key else None
    return _block(
        template(
            "alembic/add_model",
            name=sql.Literal(release.name),
            version=release.version,
            public_key=sql.Literal(key.public if key else None),
            sign=database.verbatim(_filled("add_signature", signed) if signed else "select null"),
            fingerprint=sql.Literal(read.fingerprint),
            engine=sql.Literal(chosen),
            insert=database.verbatim(_filled("add_version", row)),
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


def remove_model(name: str, version: int | None, sha256: str) -> str:
    """Remove a version that a migration added."""
    return _composed("remove_model", name=sql.Literal(name), version=sql.Literal(version), sha256=sql.Literal(sha256))


def deploy(name: str, version: int, note: str | None, rescore: bool) -> str:
    """Make a version serve."""
    return _composed("deploy", **_deployment(name, version, note, rescore))


def undeploy(name: str, version: int, rescore: bool) -> str:
    """Let the version before serve again."""
    return _composed("undeploy", **_deployment(name, version, f"{name}@{version} taken back by a migration", rescore))


def _deployment(name: str, version: int, note: str | None, rescore: bool) -> dict[str, sql.Composable]:
    values = {"name": name, "version": version, "note": note, "rescore": rescore}
    return {key: sql.Literal(value) for key, value in values.items()}


def attach(metadata: Sequence[MetaData], profile: Profile, backfill: bool) -> str:
    """Attach a profile to tables that are as the application's models say; the server compares before.

    :raises ProfileError: the models lack a table or column.
    """
    table, event_tables = tables.facts(metadata, profile)
    events = list(zip(profile.events, event_tables, strict=True))
    attached = Attachment(PLACEHOLDER, profile, table, events)
    work = ";\n".join(statement.as_string(None).rstrip().rstrip(";") for statement in triggers.attach(attached))
    name = table.identifier.as_string(None)
    wanted = [_fact(table.identifier, table.columns, column, False) for column in profile.key]
    wanted += [
        _fact(table.identifier, table.columns, column, counter.parts.function != "count")
        for event in profile.events
        for column, counter in event.counters.items()
    ]
    wanted += [_fact(t.identifier, t.columns, column, False) for event, t in events for column in event.key]
    wanted += [
        # A row that cannot be scored has no score.
        _fact(table.identifier, table.columns, column, False) | {"not_null": False}
        for prediction in profile.predictions
        for column in prediction.columns
    ]
    references = [
        {
            "event": t.identifier.as_string(None),
            "event_key": sorted(event.key),
            "profile_key": sorted(profile.key),
            "follows": t.follows(event.key, table, profile.key),
        }
        for event, t in events
    ]
    disagreement = [
        template(
            "alembic/disagreement",
            query=triggers.disagreement(attached, event, event_table),
            columns=sql.Literal(list(event.counters)),
            table=sql.Literal(str(table)),
            event=sql.Literal(str(event_table)),
        )
        for event, event_table in events
        if event.counters and not backfill
    ]
    return _block(
        template(
            "alembic/attach",
            lock_timeout=sql.Literal(attachment.LOCK_TIMEOUT),
            table=sql.Literal(name),
            models=sql.Literal([prediction.model for prediction in profile.predictions]),
            key=sql.Literal(sorted(profile.key)),
            partitioned=sql.Literal(table.partitioned),
            facts=sql.Literal(Jsonb(wanted)),
            references=sql.Literal(Jsonb(references)),
            lock=sql.SQL(";\n  ").join(triggers.lock(attached)),
            disagreement=sql.SQL("").join(disagreement),
            script=database.verbatim(quoted(work)),
            placeholder=sql.Literal(str(PLACEHOLDER)),
        ).as_string(None)
    )


def _fact(relation: sql.Identifier, columns: Mapping[str, Column], name: str, in_default: bool) -> dict[str, Any]:
    """What must be true of a column: a default and NOT NULL only where a counter over no events depends on them."""
    column = columns[name]
    fact: dict[str, Any] = {"relation": relation.as_string(None), "name": name, "type": column.type}
    if in_default:
        fact |= {"not_null": column.not_null, "default_is": column.default}
    return fact


def detach(table: str) -> str:
    """Remove the triggers and functions of a profile."""
    return _composed("detach", table=sql.Literal(table), lock_timeout=sql.Literal(attachment.LOCK_TIMEOUT))


def quoted(text: str) -> str:
    """A text between dollar quotes that it does not itself hold."""
    tag, number = "$dbml$", 0
    while (text + tag).index(tag) < len(text):
        number += 1
        tag = f"$dbml_{number}$"
    return f"{tag}{text}{tag}"


def _block(body: str) -> str:
    # The script's file is UTF-8, whatever psql takes a terminal for.
    encoding = "" if body.isascii() else "set client_encoding = 'UTF8';\n"
    return encoding + "do " + quoted("\n" + body.rstrip() + "\n") + ";"


def _composed(name: str, /, **parts: sql.Composable) -> str:
    return template(f"alembic/{name}", **parts).as_string(None)


def _filled(query: str, values: Mapping[str, Any]) -> str:
    """A query of ``sql/*/queries.sql`` with its parameters written out."""
    return re.sub(r"%\((\w+)\)s", lambda found: _literal(values[found[1]]), database.queries()[query])


def _literal(value: Any) -> str:
    return sql.Literal(value).as_string(None)
