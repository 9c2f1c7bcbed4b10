"""What the user declares of which changes of a prediction others are told (pure)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from dbml.errors import SpecError, nearest

OUTBOX, WAL, NOTIFY = "outbox", "wal", "notify"
WAYS = (OUTBOX, WAL, NOTIFY)
# Of a channel of NOTIFY, in bytes.
LONGEST_CHANNEL = 63


@dataclass(frozen=True)
class Publication:
    """Which changes of a prediction are events for others.

    :param model: one of the profile's predictions, which has a ``version_column``.
    :param topic: where its events go; else ``dbml.`` and the model's name.
    :param threshold: a score, or several; an event is published when the score crosses one, either way.
    :param decile: also when the score comes into another tenth of the scores that its version's reference has.
    :param label: also when the predicted class becomes another one.
    :param version: also when another version has scored the row.
    :param to: ``outbox``, from where a worker relays events; ``wal``, as messages for logical decoding; or ``notify``,
        to whoever listens at that moment.
    :raises SpecError: nothing is to be published, or in no way that there is.
    """

    model: str
    topic: str = ""
    threshold: tuple[float, ...] = ()
    label: bool = False
    version: bool = False
    decile: bool = False
    to: str = OUTBOX

    def __post_init__(self) -> None:
        given = self.threshold if isinstance(self.threshold, (list, tuple)) else (self.threshold,)
        if not all(isinstance(limit, (int, float)) and not isinstance(limit, bool) for limit in given):
            raise SpecError(
                f'the publication of "{self.model}" has threshold = {json.dumps(self.threshold)}',
                "It is a score, or a list of scores.",
            )
        object.__setattr__(self, "threshold", tuple(float(limit) for limit in given))
        object.__setattr__(self, "topic", self.topic or f"dbml.{self.model}")
        if not (self.threshold or self.decile or self.label or self.version):
            raise SpecError(
                f'the publication of "{self.model}" does not say which changes are published',
                "Write threshold = 0.8, decile = true, label = true or version = true.",
            )
        if self.to not in WAYS:
            raise SpecError(
                f'the publication of "{self.model}" has to = {json.dumps(self.to)}',
                f'It is "{OUTBOX}", from where a worker relays events, "{WAL}" or "{NOTIFY}".'
                + nearest(str(self.to), WAYS),
            )
        if self.to == NOTIFY and len(self.topic.encode()) > LONGEST_CHANNEL:
            raise SpecError(
                f'the publication of "{self.model}" has a topic of {len(self.topic.encode())} bytes',
                f"A channel of NOTIFY has {LONGEST_CHANNEL} at most.",
            )
