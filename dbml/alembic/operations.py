"""Operations for migrations, in reversible pairs: what each is, how it is undone, how it is written in a revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from alembic.operations import MigrateOperation, Operations

from dbml.alembic.declaration import Release
from dbml.profiles.spec import Profile


@Operations.register_operation("install_dbml")
class InstallDbmlOp(MigrateOperation):
    """Create or upgrade the schema ``dbml``."""

    def __init__(self, python_path: str | None = None) -> None:
        self.python_path = python_path

    @classmethod
    def install_dbml(cls, operations: Operations, *, python_path: str | None = None) -> None:
        """Create or upgrade the schema ``dbml`` and trust the key of whoever runs it; as :func:`dbml.install`.

        :param python_path: folder on the server with the packages that PL/Python's own path lacks.
        """
        operations.invoke(cls(python_path))

    def reverse(self) -> UninstallDbmlOp:
        """Take it away again."""
        return UninstallDbmlOp(self.python_path)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``."""
        return ("install_dbml",)


@Operations.register_operation("uninstall_dbml")
class UninstallDbmlOp(MigrateOperation):
    """Remove the schema ``dbml`` if a migration created it."""

    def __init__(self, python_path: str | None = None) -> None:
        self.python_path = python_path

    @classmethod
    def uninstall_dbml(cls, operations: Operations, *, python_path: str | None = None) -> None:
        """Remove the schema ``dbml`` if a migration created it; one that was there before stays.

        Refused while something is attached, or while a model is stored that no migration added.
        """
        operations.invoke(cls(python_path))

    def reverse(self) -> InstallDbmlOp:
        """Create it again."""
        return InstallDbmlOp(self.python_path)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``."""
        return ("uninstall_dbml",)


class _ReleaseOp(MigrateOperation):
    def __init__(self, release: Release) -> None:
        self.release = release

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``."""
        return (type(self).__name__.removesuffix("Op"), str(self.release))


@Operations.register_operation("add_model")
class AddModelOp(_ReleaseOp):
    """Store a model file as a version."""

    @classmethod
    def add_model(
        cls,
        operations: Operations,
        name: str,
        path: Path | str,
        *,
        version: int | None = None,
        sha256: str | None = None,
        sample: Path | str | None = None,
        output: str | None = None,
        engine: str = "auto",
        metrics: Mapping[str, float] | None = None,
        note: str | None = None,
        trust: Sequence[str] = (),
        types: Mapping[str, str] | None = None,
    ) -> None:
        """Sign a model file and store it as a version; as :func:`dbml.add_model`.

        A relative path begins at the folder of ``alembic.ini``.

        :param version: the number that it must become; ``--sql`` needs it.
        :param sha256: what the file must be.
        :param engine: with ``auto`` each server takes what is fastest there; name one, and it is the same everywhere.
        """
        given = (sample, output, engine, metrics or {}, note, tuple(trust), types or {})
        operations.invoke(cls(Release(name, path, version, sha256, *given)))

    def reverse(self) -> RemoveModelOp:
        """Remove the version again."""
        return RemoveModelOp(self.release)


@Operations.register_operation("remove_model")
class RemoveModelOp(_ReleaseOp):
    """Remove a version that a migration added."""

    @classmethod
    def remove_model(
        cls,
        operations: Operations,
        name: str,
        path: Path | str,
        *,
        version: int | None = None,
        sha256: str | None = None,
        sample: Path | str | None = None,
        output: str | None = None,
        engine: str = "auto",
        metrics: Mapping[str, float] | None = None,
        note: str | None = None,
        trust: Sequence[str] = (),
        types: Mapping[str, str] | None = None,
    ) -> None:
        """Remove a version that a migration added, with its deployments; one that was there before stays.

        Takes what ``add_model`` takes, to be reversed by it; the file is read only where ``sha256`` is left out.
        """
        given = (sample, output, engine, metrics or {}, note, tuple(trust), types or {})
        operations.invoke(cls(Release(name, path, version, sha256, *given)))

    def reverse(self) -> AddModelOp:
        """Add the version again."""
        return AddModelOp(self.release)


class _DeploymentOp(MigrateOperation):
    def __init__(
        self, name: str, version: int, *, note: str | None = None, changes: Sequence[str] = (), rescore: bool = True
    ) -> None:
        self.name = name
        self.version = version
        self.note = note
        self.changes = list(changes)
        self.rescore = rescore

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``."""
        return (type(self).__name__.removesuffix("Op"), f"{self.name}@{self.version}")


@Operations.register_operation("deploy_model")
class DeployModelOp(_DeploymentOp):
    """Make a version serve."""

    @classmethod
    def deploy_model(
        cls,
        operations: Operations,
        name: str,
        version: int,
        *,
        note: str | None = None,
        changes: Sequence[str] = (),
        rescore: bool = True,
    ) -> None:
        """Make a version serve from the commit on.

        :param note: why; the view ``dbml.deployment_history`` shows it.
        :param changes: what may be other than that of the version that serves: ``output``, ``features``.
        :param rescore: score every row anew in this transaction; else rows keep their score until they change.
        """
        operations.invoke(cls(name, version, note=note, changes=changes, rescore=rescore))

    def reverse(self) -> UndeployModelOp:
        """What served before serves again."""
        return UndeployModelOp(self.name, self.version, note=self.note, changes=self.changes, rescore=self.rescore)


@Operations.register_operation("undeploy_model")
class UndeployModelOp(_DeploymentOp):
    """Take a deployment back."""

    @classmethod
    def undeploy_model(
        cls,
        operations: Operations,
        name: str,
        version: int,
        *,
        note: str | None = None,
        changes: Sequence[str] = (),
        rescore: bool = True,
    ) -> None:
        """Let the version serve again that served before this one; where none did, clear the scores.

        Refused while another version serves. Takes what ``deploy_model`` takes, to be reversed by it.

        :param rescore: score, or clear, every row in this transaction.
        """
        operations.invoke(cls(name, version, note=note, changes=changes, rescore=rescore))

    def reverse(self) -> DeployModelOp:
        """Deploy it again."""
        return DeployModelOp(self.name, self.version, note=self.note, changes=self.changes, rescore=self.rescore)


class _ProfileOp(MigrateOperation):
    def __init__(self, profile: Profile, *, backfill: bool = False, trust: bool = False) -> None:
        self.profile = profile
        self.backfill = backfill
        self.trust = trust

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``."""
        return (type(self).__name__.removesuffix("Op"), self.profile.table)


@Operations.register_operation("attach_profile")
class AttachProfileOp(_ProfileOp):
    """Attach a profile."""

    @classmethod
    def attach_profile(
        cls, operations: Operations, profile: Profile, *, backfill: bool = False, trust: bool = False
    ) -> None:
        """Create triggers, fill counters and score what is there; as :func:`dbml.attach`.

        The columns are the application's: it adds them with its own operations.

        :param backfill: overwrite counters that disagree with the events.
        :param trust: attach although others can run code as dbml_owner by it.
        """
        operations.invoke(cls(profile, backfill=backfill, trust=trust))

    def reverse(self) -> DetachProfileOp:
        """Detach it again."""
        return DetachProfileOp(self.profile, backfill=self.backfill, trust=self.trust)


@Operations.register_operation("detach_profile")
class DetachProfileOp(_ProfileOp):
    """Detach a profile."""

    @classmethod
    def detach_profile(
        cls, operations: Operations, profile: Profile, *, backfill: bool = True, trust: bool = False
    ) -> None:
        """Remove the triggers of a profile; its columns keep what they hold.

        :param backfill: for the reverse: overwrite counters that disagree with the events by then.
        :param trust: for the reverse too.
        """
        operations.invoke(cls(profile, backfill=backfill, trust=trust))

    def reverse(self) -> AttachProfileOp:
        """Attach it again."""
        return AttachProfileOp(self.profile, backfill=self.backfill, trust=self.trust)


@Operations.register_operation("alter_profile")
class AlterProfileOp(MigrateOperation):
    """Change the spec of a profile."""

    def __init__(self, profile: Profile, was: Profile, *, trust: bool = False) -> None:
        self.profile = profile
        self.was = was
        self.trust = trust

    @classmethod
    def alter_profile(cls, operations: Operations, profile: Profile, *, was: Profile, trust: bool = False) -> None:
        """Change the spec by which a table is attached: counters and models that are new are filled, the others stay.

        In a script, and where the table has another name or others have changed it since, it is detached and attached.

        :param was: the spec until now, which is what it is reversed to.
        :param trust: as of ``attach_profile``.
        """
        operations.invoke(cls(profile, was, trust=trust))

    def reverse(self) -> AlterProfileOp:
        """Back to the spec before."""
        return AlterProfileOp(self.was, self.profile, trust=self.trust)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``."""
        return ("AlterProfile", self.profile.table)
