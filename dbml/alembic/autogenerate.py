"""What ``alembic revision --autogenerate`` proposes: the declared profiles and models against the database.

The order in an upgrade, reversed in a downgrade: profiles are detached, the application's tables change, models
are added, profiles altered or attached, models deployed, and what was detached is attached anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from alembic.operations import ops
from alembic.util import PriorityDispatchResult

from dbml import database, errors
from dbml.alembic import columns, tables, usage
from dbml.alembic import operations as dbml_ops
from dbml.alembic.declaration import Release, declared, read_manifest
from dbml.alembic.implementation import located, refused, sha256
from dbml.models import versions
from dbml.models.version import Version, scored
from dbml.profiles import catalog
from dbml.profiles.spec import Profile
from dbml.schema.install import installation

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_OWN_SCHEMAS = ("dbml", "dbml_scorer")


@dataclass(frozen=True)
class _Interface:
    """What a version is to those who read its score and fill its features: feature → kind, and its score in words."""

    features: Mapping[str, str]
    output: str

    @classmethod
    def of(cls, output: dict[str, Any], features: Iterable[Mapping[str, Any]]) -> _Interface:
        return cls({feature["name"]: feature["kind"] for feature in features}, scored(output))

    def changes(self, before: _Interface) -> list[str]:
        """What a deployment after that one has to say aloud."""
        return [what for what in ("output", "features") if getattr(self, what) != getattr(before, what)]


@dataclass
class _State:
    """What the database holds."""

    default_schema: str
    installed: bool = False
    profiles: dict[tuple[str, str], Profile] = field(default_factory=dict)
    versions: dict[tuple[str, int], Version] = field(default_factory=dict)

    @property
    def serving(self) -> dict[str, int]:
        return {name: version for (name, version), stored in self.versions.items() if stored.deployed}

    def interface(self, name: str, version: int) -> _Interface:
        stored = self.versions[name, version]
        return _Interface.of(stored.output, stored.features)


def compare(context: AutogenContext, upgrade: ops.UpgradeOps, schemas: set[str | None]) -> PriorityDispatchResult:
    """Put dbml's operations around those on the application's tables, and take dbml's own tables out.

    :param schemas: those whose tables Alembic compares; None is the default one. What is attached elsewhere, and in no
        schema of the models, is another application's or another tenant's.
    """
    upgrade.ops[:] = _without_own(upgrade.ops)
    every = tables.metadatas(context.metadata)
    declaration = declared(every)
    if declaration is None or context.connection is None:
        return PriorityDispatchResult.CONTINUE
    with refused(), database.translated():
        raw = database.driver(context.connection)
        own = schemas | {table.schema for metadata in every for table in metadata.tables.values()}
        state = _state(raw, context.dialect.default_schema_name or "public", own)
        profiles = {tables.parse(profile.table, state.default_schema): profile for profile in declaration.profiles}
        columns.keep(upgrade, profiles, state.default_schema)
        adds = [op for profile in profiles.values() for op in columns.add(raw, every, profile, state.default_schema)]
        releases: dict[tuple[str, int], Release] = {}
        if declaration.manifest is not None:
            assert context.migration_context is not None
            releases = read_manifest(located(context.migration_context, declaration.manifest))
        coming = _coming(releases, state)
        deployments = _deployments(releases, state)
        interfaces = _interfaces(state, coming, deployments)
        for profile in profiles.values():
            _check(every, profile, interfaces, upgrade, state.default_schema)
        first: list[ops.MigrateOperation] = []
        altered: list[ops.MigrateOperation] = []
        attached: list[ops.MigrateOperation] = []
        for name, was in state.profiles.items():
            wanted = profiles.get(name)
            if wanted is None:
                first.append(dbml_ops.DetachProfileOp(was, backfill=True))
            elif _comparable(wanted, state.default_schema) != _comparable(was, state.default_schema):
                if _apart(wanted, was, upgrade, deployments, state.default_schema):
                    first.append(dbml_ops.DetachProfileOp(was, backfill=True))
                    attached.append(dbml_ops.AttachProfileOp(wanted, backfill=True))
                else:
                    altered.append(dbml_ops.AlterProfileOp(wanted, was))
        for name, profile in profiles.items():
            if name not in state.profiles:
                # Before a first deployment, whose downgrade then clears the scores; after one of a further version.
                served = any(prediction.model in state.serving for prediction in profile.predictions)
                (attached if served else altered).append(dbml_ops.AttachProfileOp(profile))
        after: list[ops.MigrateOperation] = [
            *(dbml_ops.AddModelOp(_for_revision(context, release)) for release in coming),
            *altered,
            *(_deployment(state, name, version, interfaces[name]) for name, version in deployments.items()),
            *attached,
        ]
        if after and not state.installed:
            after.insert(0, dbml_ops.InstallDbmlOp())
    upgrade.ops[:] = [*first, *upgrade.ops, *adds, *after]
    return PriorityDispatchResult.CONTINUE


def _without_own(operations: Iterable[ops.MigrateOperation]) -> list[ops.MigrateOperation]:
    """With ``include_schemas`` Alembic sees dbml's own tables, which no application declares."""
    return [operation for operation in operations if getattr(operation, "schema", None) not in _OWN_SCHEMAS]


def _state(raw: psycopg.Connection[Any], default_schema: str, schemas: set[str | None]) -> _State:
    state = _State(default_schema)
    state.installed = installation(raw).version_table
    if state.installed:
        for record in catalog.records(raw):
            schema, table = tables.parse(record.relation, default_schema)
            if (None if schema == default_schema else schema) in schemas:
                state.profiles[schema, table] = record.profile
        state.versions = {(stored.name, stored.version): stored for stored in versions.versions(raw)}
    return state


def _coming(releases: Mapping[tuple[str, int], Release], state: _State) -> list[Release]:
    """Releases that the database lacks, in order.

    :raises ImmutableVersion: a stored version is another file than the manifest says.
    """
    coming = []
    numbers: dict[str, int] = {}
    for name, version in state.versions:
        numbers[name] = max(version, numbers.get(name, 0))
    for (name, version), release in releases.items():
        stored = state.versions.get((name, version))
        if stored is None:
            numbers[name] = numbers.get(name, 0) + 1
            if version != numbers[name]:
                raise errors.ImmutableVersion(
                    f"the manifest lists {release}, but the next version of {name} is {numbers[name]}",
                    "Versions are numbered in the order in which they are added.",
                )
            coming.append(release)
        elif stored.sha256 != release.sha256:
            raise errors.ImmutableVersion(
                f"{release} of the manifest is another file than the stored one, whose sha256 is {stored.sha256}",
                f"A version never changes: list the new file as version {numbers[name] + 1}.",
            )
    for release in coming:
        found = sha256(Path(release.path))
        if found != release.sha256:
            raise errors.ArtifactError(
                f"{release.path} has sha256 {found}, and the manifest says {release.sha256}",
                "Bring the file of that release, or write its sha256 into the manifest.",
            )
    return coming


def _deployments(releases: Mapping[tuple[str, int], Release], state: _State) -> dict[str, int]:
    """Model → version that is to serve and does not: the last one listed, without those marked ``serve = false``."""
    wanted = {name: version for (name, version), release in releases.items() if release.serve}
    return {name: version for name, version in wanted.items() if state.serving.get(name) != version}


def _interfaces(state: _State, coming: Sequence[Release], deployments: Mapping[str, int]) -> dict[str, _Interface]:
    """Model → what the version is that serves after the revision."""
    from dbml.models import artifact

    files = {(release.name, release.version): release for release in coming}
    interfaces = {}
    for name, version in {**state.serving, **deployments}.items():
        release = files.get((name, version))
        if release is None:
            interfaces[name] = state.interface(name, version)
        else:
            read = artifact.read(release.path, release.sample, release.output, release.trust, release.types).interface
            interfaces[name] = _Interface.of(read["output"], read["features"])
    return interfaces


def _deployment(state: _State, name: str, version: int, interface: _Interface) -> dbml_ops.DeployModelOp:
    serving = state.serving.get(name)
    changes = [] if serving is None else interface.changes(state.interface(name, serving))
    return dbml_ops.DeployModelOp(name, version, changes=changes)


def _check(
    every: Sequence[Any],
    profile: Profile,
    interfaces: Mapping[str, _Interface],
    upgrade: ops.UpgradeOps,
    default_schema: str,
) -> None:
    """Check that the tables hold, after the revision, what the profile as declared needs of them.

    :raises ProfileError: a feature has no column, or a column goes that something reads.
    """
    declared_table = tables.find(every, profile.table, default_schema)
    features = {name: list(interface.features) for name, interface in interfaces.items()}
    for prediction in profile.predictions:
        for feature in features.get(prediction.model, ()):
            if feature not in declared_table.c and feature not in prediction.features:
                # A counter's column need not be declared.
                if feature in columns.written(profile):
                    continue
                raise errors.ProfileError(
                    f'feature "{feature}" of {prediction.model} would be no column of {profile.table}',
                    "Keep the column, map the feature to another, or let a version serve that does without it."
                    + errors.nearest(feature, [column.name for column in declared_table.c]),
                )
    events = {tables.parse(event.table, default_schema): event for event in profile.events}
    own = tables.parse(profile.table, default_schema)
    for change, _ in columns.changes(upgrade):
        if isinstance(change, ops.DropColumnOp):
            where, column = (change.schema or default_schema, change.table_name), change.column_name
        elif isinstance(change, ops.DropTableOp):
            where, column = (change.schema or default_schema, change.table_name), usage.EVERY_COLUMN
        else:
            continue
        reason = usage.of_profile(profile, features, column) if where == own else None
        if where in events:
            reason = reason or usage.of_event(profile, events[where], column)
        if reason:
            what = "table" if column == usage.EVERY_COLUMN else f'column "{column}" of'
            raise errors.ProfileError(
                f"{what} {'.'.join(where)} would be dropped, and is {reason}", "Keep it, or change the profile."
            )


def _comparable(profile: Profile, default_schema: str) -> str:
    """A spec as text that is the same for the same spec, however its tables are written."""
    data = profile.as_dict()
    data["table"] = tables.parse(data["table"], default_schema)
    for event in data["events"]:
        event["table"] = tables.parse(event["table"], default_schema)
    return json.dumps(data, sort_keys=True)


def _apart(
    profile: Profile, was: Profile, upgrade: ops.UpgradeOps, deployments: Mapping[str, int], default_schema: str
) -> bool:
    """Whether a profile must be detached first and attached last, with the tables and versions changing between."""
    mine = {tables.parse(name, default_schema) for name in (was.table, *(event.table for event in was.events))}
    for change, _ in columns.changes(upgrade):
        takes_away = isinstance(change, (ops.DropColumnOp, ops.AlterColumnOp, ops.DropTableOp))
        if takes_away and (change.schema or default_schema, change.table_name) in mine:  # type: ignore[attr-defined]
            return True
    features = {p.model: dict(p.features) for p in was.predictions}
    return any(p.model in deployments and features.get(p.model) != dict(p.features) for p in profile.predictions)


def _for_revision(context: AutogenContext, release: Release) -> Release:
    """The release with its paths as a revision has them: from the folder of ``alembic.ini``."""
    base = located(context.migration_context, ".").resolve()

    def short(path: Path | str) -> Path:
        return Path(os.path.relpath(Path(path).resolve(), base))

    return replace(release, path=short(release.path), sample=None if release.sample is None else short(release.sample))
