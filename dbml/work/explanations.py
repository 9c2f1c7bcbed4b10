"""The duty ``explanations``: a share of the logged predictions is explained."""

from __future__ import annotations

from datetime import timedelta

from dbml.observing.logged_explanations import explain_log
from dbml.work.duty import Duty

EXPLANATIONS = Duty("explanations", timedelta(minutes=5), explain_log, "logged predictions were explained")
