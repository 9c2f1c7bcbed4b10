"""What the user declares of a model that learns while it serves (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from dbml.errors import SpecError, nearest

HOW = ("batched", "transaction")


@dataclass(frozen=True)
class Learn:
    """A table whose rows tell a model what came true, so that it learns from them.

    :param model: one of the profile's predictions.
    :param table: name as SQL writes it, quoted where it must be.
    :param key: column or columns that point at the profile's key, in its order.
    :param value: SQL expression over the table's columns: a boolean, the label of a class, or a number.
    :param how: ``batched`` has a worker learn; ``transaction`` moves the coefficients in the label's own transaction.
    :param every: so many labels make a version.
    :param within: an interval such as ``10 minutes``: labels that have waited so long make a version as well.
    :param together: labels that one call of ``partial_fit`` gets; with ``batched`` only.
    :param guard: how far the running loss may be above that of the version that learning began from; beyond it that
        version serves again. None: as far as it likes.
    :raises SpecError: one of them makes no sense.
    """

    model: str
    table: str
    key: tuple[str, ...]
    value: str
    how: str = "batched"
    every: int = 1000
    within: str = "10 minutes"
    together: int = 1
    guard: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (self.key,) if isinstance(self.key, str) else tuple(self.key))
        what = f'the model "{self.model}" learns'
        if self.how not in HOW:
            raise SpecError(f'{what} how = "{self.how}"', f"It is {' or '.join(HOW)}.{nearest(self.how, HOW)}")
        for name in ("every", "together"):
            number = getattr(self, name)
            if isinstance(number, bool) or number < 1:
                raise SpecError(f"{what} with {name} = {number!r}", "It is a number of labels, 1 at least.")
        if self.how == "transaction" and self.together != 1:
            raise SpecError(f"{what} in the transaction, and there one by one", 'Leave "together" out.')
        if self.guard is not None and self.guard < 0:
            raise SpecError(f"{what} with guard = {self.guard!r}", "It is a difference of losses, such as 0.05.")
