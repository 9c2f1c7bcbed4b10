#!/bin/sh
# skrub's TableVectorizer makes numbers of the codes "007" and "7" (the same one), and of a later "A7" a missing value;
# a day-first date column whose training rows lie before the 13th is read month first, and later days are missing.
#
# Why one guesses otherwise: the kind of a text column is guessed once, in fit, from the rows at hand, and what does not fit
# it later is expected to be told: of an unknown category in the column beside it, the same call warns. Here transform()
# says nothing; the row gets NaN, which the model takes for "no code" and "no date". A file of the first days of a
# month, or one plan's codes, is enough.
#
# Instead: give codes pandas' category type and dates their datetime type before fit; compare isna() before and after.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check skrub==0.11.0 scikit-learn==1.8.0 pandas==2.3.3
venv/bin/python - <<'PY'
import sys, warnings
import pandas as pd, skrub

print("skrub", skrub.__version__, "pandas", pd.__version__)
plain = skrub.DatetimeEncoder(resolution="day", add_total_seconds=False)
seen_before = pd.DataFrame({"code": ["007", "7", "12", "12"], "plan": ["a", "b", "a", "b"],
                            "since": ["01/02/2026", "02/03/2026", "03/04/2026", "05/06/2026"]})
later = pd.DataFrame({"code": ["A7", "7"], "plan": ["c", "a"], "since": ["13/02/2026", "12/02/2026"]})
vectorizer = skrub.TableVectorizer(datetime=plain).fit(seen_before)
first = vectorizer.transform(seen_before)
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    rows = vectorizer.transform(later)
columns = ["code", "since_month", "since_day"]
print("codes:", seen_before.code.tolist(), "seen:", first.code.tolist())
print("guess for 1 February 2026: month 2, day 1; seen: month", first.since_month[0], "day", first.since_day[0])
for (_, given), (_, made) in zip(later.iterrows(), rows[columns].iterrows()):
    print("later:", given.to_dict(), "seen:", made.to_dict())
print("warnings:", [str(warning.message)[:60] for warning in told])
as_described = (first.code.tolist() == [7, 7, 12, 12] and first.since_month[0] == 1 and rows.loc[0, columns].isna().all()
                and rows.since_month[1] == 12 and len(told) == 1 and "unknown categories" in str(told[0].message))
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
