"""What the user declares of where the truth comes to stand (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from dbml.errors import SpecError, nearest

BETTER = ("low", "high")


@dataclass(frozen=True)
class Outcome:
    """Where it stands what really happened, so that a model's predictions can be judged.

    :param model: one of the profile's predictions.
    :param table: name as SQL writes it; or else
    :param query: a ``select`` without a semicolon.
    :param key: column or columns of it that name the entity, in the order of the profile's key.
    :param value: SQL expression over its columns: a boolean, the label of a class, or a number.
    :param otherwise: SQL expression for an entity without a row within the horizon; None: nothing is known of it.
    :param at: SQL expression for when it happened, a ``timestamptz``; None: it holds for every time.
    :param horizon: an interval such as ``30 days``: how long after a prediction its outcome may come.
    :param better: whether a ``low`` or a ``high`` mean of the outcome is what one wants: an experiment's winner has it.
    :param effect: the smallest difference of two means that is of interest, in units of the outcome: experiments are
        tuned to it; None: a twentieth of the outcome's standard deviation.
    :raises SpecError: neither or both of table and query, a horizon without ``at``, or an effect of nothing.
    """

    model: str
    key: tuple[str, ...]
    value: str
    table: str | None = None
    query: str | None = None
    otherwise: str | None = None
    at: str | None = None
    horizon: str | None = None
    better: str = "low"
    effect: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (self.key,) if isinstance(self.key, str) else tuple(self.key))
        if (self.table is None) == (self.query is None):
            given = "neither" if self.table is None else "both"
            raise SpecError(
                f'the outcome of "{self.model}" has {given} of "table" and "query"',
                "Name the table where the truth is, or give a query that yields it.",
            )
        if (self.at is None) != (self.horizon is None):
            raise SpecError(
                f'the outcome of "{self.model}" has only one of "at" and "horizon"',
                'Write at = "cancelled_at" and horizon = "30 days".',
            )
        if self.better not in BETTER:
            raise SpecError(
                f'the outcome of "{self.model}" has better = "{self.better}"',
                f"It is one of {', '.join(BETTER)}.{nearest(self.better, BETTER)}",
            )
        if self.effect is not None and not 0 < self.effect < float("inf"):
            raise SpecError(
                f'the outcome of "{self.model}" has effect = {self.effect}',
                "It is the smallest difference of two means that is of interest, such as 0.02.",
            )

    @property
    def source(self) -> str:
        """The query that yields its rows."""
        return self.query or f"select * from {self.table}"
