"""What a column of a prediction holds: the score, or another answer of the same model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dbml.errors import SpecError, nearest

SCORE = "score"
# Output → the types of columns that can hold it; the first is what dbml adds.
TYPES: Mapping[str, tuple[str, ...]] = {
    SCORE: ("double precision",),
    "probability": ("double precision",),
    "probabilities": ("double precision[]",),
    "label": ("text", "character varying"),
    "decision": ("boolean",),
    "value": ("double precision",),
    "values": ("double precision[]",),
}
# What a column is changed to, where it is NULL, to have its row predicted anew; ``dbml._touched`` says the same.
_TOUCHED = {"double precision": "'NaN'::float8", "double precision[]": "'{}'::float8[]", "text": "'NaN'::text"}


@dataclass(frozen=True)
class Output:
    """An answer of a model.

    :param output: ``score``; ``probability`` of a class, or ``probabilities`` of all; the ``label`` that ``predict``
        says; the ``decision``, whether that is the score's class, or the row an outlier; ``value`` of ``predict`` as a
        number, or ``values`` of all targets.
    :param of: the class or the target.
    :raises SpecError: there is no such output, or it is of none.
    """

    output: str = SCORE
    of: str | None = None

    def __post_init__(self) -> None:
        if self.output not in TYPES:
            raise SpecError(
                f'there is no output "{self.output}"',
                f"Outputs are {', '.join(TYPES)}.{nearest(self.output, TYPES)}",
            )
        if self.of is not None and self.output not in ("probability", "value"):
            raise SpecError(
                f'the output "{self.output}" is of the whole model, not of "{self.of}"',
                'Leave "of" away, or write output = "probability".',
            )

    @property
    def types(self) -> tuple[str, ...]:
        """The types of columns that can hold it."""
        return TYPES[self.output]

    @property
    def touched(self) -> str:
        """SQL for what such a column is changed to, where it is NULL, to have its row predicted anew."""
        return _TOUCHED.get(self.types[0], "false")

    def as_dict(self) -> dict[str, str]:
        """Plain JSON."""
        return {"output": self.output, **({"of": self.of} if self.of is not None else {})}


def output(said: Output | str | Mapping[str, str]) -> Output:
    """Read an output: its name, or a table with ``output`` and ``of``."""
    if isinstance(said, Output):
        return said
    return Output(said) if isinstance(said, str) else Output(**said)
