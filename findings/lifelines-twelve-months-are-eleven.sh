#!/bin/sh
# lifelines.utils.datetimes_to_durations: a customer of twelve calendar months has mostly 11 with freq="M", and
# one of a year has 0 with freq="Y". A contract of one month lasts 0 or 1 months, by the month it began in.
#
# Why one guesses otherwise: freq is described as "pandas' freq", whose M counts calendar months, and the days are
# right. The difference of the dates is cut down to NumPy's average month of 30.436875 days and year of 365.2425,
# so that whole months that are shorter than the average are lost. A survival curve over months then drops at 0,
# before anybody could leave, and the cliff at the end of a yearly contract stands at 11.
#
# Instead: freq="D", and divide; or count calendar months from the two dates, as below.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check lifelines==0.30.3 pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import sys
import lifelines, pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.utils import datetimes_to_durations

print("lifelines", lifelines.__version__)
start = pd.Series(pd.date_range("2024-01-01", periods=24, freq="MS"))
seen = {}
for months in (1, 2, 12):
    end = start + pd.DateOffset(months=months)
    duration, _ = datetimes_to_durations(start, end, fill_date="2030-01-01", freq="M")
    calendar = (end.dt.year - start.dt.year) * 12 + end.dt.month - start.dt.month
    seen[months] = sorted(set(duration.tolist()))
    print(f"customers of {months:2} months: guess {sorted(set(calendar))}, seen {seen[months]},",
          f"{(duration < months).mean():.0%} too short")
years, _ = datetimes_to_durations(["2025-01-01", "2023-01-01"], ["2026-01-01", "2026-01-01"], fill_date="2030-01-01", freq="Y")
one_month, _ = datetimes_to_durations(start, start + pd.DateOffset(months=1), fill_date="2030-01-01", freq="M")
at_once = 1 - KaplanMeierFitter().fit(one_month).survival_function_.loc[0].item()
print("one year and three years with freq='Y': guess [1, 3], seen", years.tolist())
print(f"the survival curve of the one-month contracts at month 0: guess 1.0, seen {1 - at_once:.2f}")
as_described = seen == {1: [0, 1], 2: [1, 2], 12: [11, 12]} and years[0] == 0 and at_once > 0.3
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
