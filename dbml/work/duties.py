"""All duties, in the order in which a worker looks for one that is due."""

from __future__ import annotations

from dbml import errors
from dbml.work.duty import Duty
from dbml.work.windows import WINDOWS

DUTIES = {duty.name: duty for duty in (WINDOWS,)}


def chosen(names: tuple[str, ...]) -> list[Duty]:
    """Return the duties of those names; all, where there are none.

    :raises UnknownDuty: no duty has that name.
    """
    for name in names:
        if name not in DUTIES:
            raise errors.UnknownDuty(
                f'there is no duty "{name}"',
                f"The duties: {', '.join(DUTIES)}.{errors.nearest(name, DUTIES)}",
            )
    return [duty for name, duty in DUTIES.items() if not names or name in names]
