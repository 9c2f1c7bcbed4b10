"""Operations for versions side by side, in reversible pairs: starting and aborting, sharing, promoting and resuming."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from alembic.operations import MigrateOperation, Operations

from dbml.serving.strategies import Strategy

Share = Decimal | float


class StartStrategyOp(MigrateOperation):
    """Let a version serve, or be tried, beside the one that serves. Each strategy has an operation of its own."""

    def __init__(
        self, name: str, version: int, strategy: Strategy, note: str | None, changes: Sequence[str], rescore: bool
    ) -> None:
        self.name = name
        self.version = version
        self.strategy = strategy
        self.note = note
        self.changes = list(changes)
        self.rescore = rescore

    def reverse(self) -> AbortModelOp:
        """End it; the control scores what the candidate had."""
        return AbortModelOp(self.name)


@Operations.register_operation("canary_model")
class CanaryModelOp(StartStrategyOp):
    """Give a version a small share."""

    @classmethod
    def canary_model(
        cls,
        operations: Operations,
        name: str,
        version: int,
        *,
        share: Share | None = None,
        where: str | None = None,
        steps: Sequence[Share] | None = None,
        hold: str | timedelta | None = None,
        failure_limit: Share | None = None,
        outcome_guard: bool = False,
        score_limit: Share | None = None,
        min_exposures: int | None = None,
        min_outcomes: int | None = None,
        approvals: Sequence[Share] | None = None,
        signals: Sequence[str] | None = None,
        note: str | None = None,
        changes: Sequence[str] = (),
        rescore: bool = True,
    ) -> None:
        """Let a version serve a small share of the entities; as ``dbml deploy --strategy canary``.

        :param rescore: score the rows of every arm anew in this transaction; else they keep their score until then.
        """
        strategy = Strategy(
            "canary",
            share,
            where,
            steps,
            hold,
            failure_limit,
            outcome_guard=outcome_guard,
            score_limit=score_limit,
            min_exposures=min_exposures,
            min_outcomes=min_outcomes,
            approvals=approvals,
            signals=signals,
        )
        operations.invoke(cls(name, version, strategy, note, changes, rescore))


@Operations.register_operation("rolling_model")
class RollingModelOp(StartStrategyOp):
    """Give a version everything, step by step."""

    @classmethod
    def rolling_model(
        cls,
        operations: Operations,
        name: str,
        version: int,
        *,
        steps: Sequence[Share] | None = None,
        hold: str | timedelta | None = None,
        rate: int | None = None,
        failure_limit: Share | None = None,
        outcome_guard: bool = False,
        score_limit: Share | None = None,
        min_exposures: int | None = None,
        min_outcomes: int | None = None,
        approvals: Sequence[Share] | None = None,
        signals: Sequence[str] | None = None,
        note: str | None = None,
        changes: Sequence[str] = (),
        rescore: bool = True,
    ) -> None:
        """Let a version take over in steps, or at a rate in rows a second; as ``dbml deploy --strategy rolling``."""
        strategy = Strategy(
            "rolling",
            None,
            None,
            steps,
            hold,
            failure_limit,
            rate=rate,
            outcome_guard=outcome_guard,
            score_limit=score_limit,
            min_exposures=min_exposures,
            min_outcomes=min_outcomes,
            approvals=approvals,
            signals=signals,
        )
        operations.invoke(cls(name, version, strategy, note, changes, rescore))


@Operations.register_operation("ab_model")
class AbModelOp(StartStrategyOp):
    """Compare versions by what comes true."""

    @classmethod
    def ab_model(
        cls,
        operations: Operations,
        name: str,
        version: int,
        *,
        also: Sequence[int] = (),
        share: Share | None = None,
        where: str | None = None,
        failure_limit: Share | None = None,
        outcome_guard: bool = False,
        score_limit: Share | None = None,
        note: str | None = None,
        changes: Sequence[str] = (),
        rescore: bool = True,
    ) -> None:
        """Let one or more versions serve shares that stay as they are; as ``dbml deploy --strategy ab``."""
        strategy = Strategy(
            "ab",
            share,
            where,
            failure_limit=failure_limit,
            also=also,
            outcome_guard=outcome_guard,
            score_limit=score_limit,
        )
        operations.invoke(cls(name, version, strategy, note, changes, rescore))


@Operations.register_operation("shadow_model")
class ShadowModelOp(StartStrategyOp):
    """Let versions answer unheard."""

    @classmethod
    def shadow_model(
        cls,
        operations: Operations,
        name: str,
        version: int,
        *,
        also: Sequence[int] = (),
        share: Share | None = None,
        where: str | None = None,
        in_statement: bool = False,
        note: str | None = None,
        changes: Sequence[str] = (),
    ) -> None:
        """Let versions answer into the log alone; as ``dbml deploy --strategy shadow``."""
        strategy = Strategy("shadow", share, where, also=also, in_statement=in_statement)
        operations.invoke(cls(name, version, strategy, note, changes, rescore=False))


@Operations.register_operation("blue_green_model")
class BlueGreenModelOp(StartStrategyOp):
    """Let a version score everything aside."""

    @classmethod
    def blue_green_model(
        cls,
        operations: Operations,
        name: str,
        version: int,
        *,
        note: str | None = None,
        changes: Sequence[str] = (),
    ) -> None:
        """Let a version score every row aside, by a worker; as ``dbml deploy --strategy blue-green``."""
        operations.invoke(cls(name, version, Strategy("blue-green"), note, changes, rescore=False))


@Operations.register_operation("share_model")
class ShareModelOp(MigrateOperation):
    """Give the candidate another share."""

    def __init__(self, name: str, share: Share, was: Share, note: str | None = None, rescore: bool = True) -> None:
        self.name = name
        self.share = share
        self.was = was
        self.note = note
        self.rescore = rescore

    @classmethod
    def share_model(
        cls,
        operations: Operations,
        name: str,
        share: Share,
        *,
        was: Share,
        note: str | None = None,
        rescore: bool = True,
    ) -> None:
        """Give the candidate of a model another share, in percent; as ``dbml share``.

        :param was: the share until now, which is what it is reversed to.
        """
        operations.invoke(cls(name, share, was, note, rescore))

    def reverse(self) -> ShareModelOp:
        """Back to the share before, which is the same entities."""
        return ShareModelOp(self.name, self.was, self.share, self.note, self.rescore)


class _EndOp(MigrateOperation):
    def __init__(self, name: str, note: str | None = None, rescore: bool = True) -> None:
        self.name = name
        self.note = note
        self.rescore = rescore


@Operations.register_operation("promote_model")
class PromoteModelOp(_EndOp):
    """Let the candidate serve everyone."""

    def __init__(self, name: str, note: str | None = None, rescore: bool = True, *, version: int | None = None) -> None:
        super().__init__(name, note, rescore)
        self.version = version

    @classmethod
    def promote_model(
        cls,
        operations: Operations,
        name: str,
        *,
        version: int | None = None,
        note: str | None = None,
        rescore: bool = True,
    ) -> None:
        """Let the candidate of a model serve everyone; as ``dbml promote``.

        :param version: which one, where there are several.
        :param rescore: score every row anew in this transaction; green brings its scores with it in any case.
        """
        operations.invoke(cls(name, note, rescore, version=version))

    def reverse(self) -> ResumeModelOp:
        """What served before serves again, and the strategy goes on."""
        return ResumeModelOp(self.name, self.note, self.rescore, promoted=True, version=self.version)


@Operations.register_operation("abort_model")
class AbortModelOp(_EndOp):
    """End a strategy."""

    @classmethod
    def abort_model(cls, operations: Operations, name: str, *, note: str | None = None, rescore: bool = True) -> None:
        """End the strategy of a model, and let the control score what the candidate had; as ``dbml abort``.

        :param rescore: for the reverse.
        """
        operations.invoke(cls(name, note, rescore))

    def reverse(self) -> ResumeModelOp:
        """Let it go on."""
        return ResumeModelOp(self.name, self.note, self.rescore)


@Operations.register_operation("resume_model")
class ResumeModelOp(_EndOp):
    """Let a strategy go on that was promoted or aborted."""

    def __init__(
        self,
        name: str,
        note: str | None = None,
        rescore: bool = True,
        *,
        promoted: bool = False,
        version: int | None = None,
    ) -> None:
        super().__init__(name, note, rescore)
        self.promoted = promoted
        self.version = version

    @classmethod
    def resume_model(
        cls,
        operations: Operations,
        name: str,
        *,
        note: str | None = None,
        rescore: bool = True,
        promoted: bool = False,
        version: int | None = None,
    ) -> None:
        """Let the strategy go on that ended last, with the very shares that it had; what served before serves again.

        Refused where somebody has deployed since.

        :param rescore: score the rows of every arm anew in this transaction.
        :param promoted: whether it was promoted, which is what this is reversed to; else aborted.
        :param version: which of several candidates was promoted.
        """
        operations.invoke(cls(name, note, rescore, promoted=promoted, version=version))

    def reverse(self) -> PromoteModelOp | AbortModelOp:
        """End it again."""
        if self.promoted:
            return PromoteModelOp(self.name, self.note, self.rescore, version=self.version)
        return AbortModelOp(self.name, self.note, self.rescore)


def arguments(operation: StartStrategyOp) -> dict[str, Any]:
    """The parameters of the query that starts a strategy."""
    return {
        "name": operation.name,
        "version": operation.version,
        "note": operation.note,
        "changes": operation.changes,
        **operation.strategy.parameters(),
    }
