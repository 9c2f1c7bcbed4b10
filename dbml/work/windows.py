"""The duty ``windows``: counters over a window of time move although no event arrives."""

from __future__ import annotations

from datetime import timedelta

from dbml.profiles.rescoring import rescore_due
from dbml.work.duty import Duty

WINDOWS = Duty("windows", timedelta(minutes=1), rescore_due, "rows had a window that changed; they are moved")
