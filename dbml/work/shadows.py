"""The duty ``shadows``: versions that are tried unheard answer what the live ones have answered."""

from __future__ import annotations

from datetime import timedelta

from dbml.serving.shadows import answer_shadows
from dbml.work.duty import Duty

SHADOWS = Duty("shadows", timedelta(minutes=1), answer_shadows, "predictions were answered by shadows")
