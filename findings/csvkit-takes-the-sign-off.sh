#!/bin/sh
# csvkit: in2csv and csvsql read "$5", "€7" and "5%" as the numbers 5, 7 and 5, and a column of 0 and 1 orders as
# false and true.
#
# Why one guesses otherwise: a column that holds anything but numbers is text to COPY, pandas and DuckDB, and the
# wrong guess is seen at once. csvkit's numbers come from a parser for reports, which takes off a currency sign, a
# percent sign and thousands separators, each row on its own: euros and dollars add up, and 5% is a hundred times
# too much beside 0.05. A count that in this file happens to be 0 or 1 becomes a boolean column, and tomorrow's 2 does
# not fit; a plan called "May" is a day in the year 1.
#
# Instead: --no-inference (-I) and the types of a table that you created; csvsql --no-create --insert.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check csvkit==2.2.0 agate==1.14.2 pandas==2.3.3
cat >payments.csv <<'CSV'
id,amount,discount,orders,plan
1,$5,5%,1,May
2,€7,0.05,0,March
3,"1,234",0.1,1,May
CSV
venv/bin/csvsql -i postgresql payments.csv | grep -E 'amount|discount|orders|plan'
PYTHONUTF8=1 venv/bin/in2csv payments.csv >read.csv
venv/bin/python -W ignore - <<'PY'
import csv, sys
from importlib.metadata import version
import pandas as pd

print("csvkit", version("csvkit"), "agate", version("agate"))
with open("payments.csv", encoding="utf-8") as given, open("read.csv", encoding="utf-8") as read:
    rows = list(zip(csv.DictReader(given), csv.DictReader(read)))
seen = {}
for name in ("amount", "discount", "orders", "plan"):
    seen[name] = [after[name] for _, after in rows]
    print(f"{name:9} guess: {str([before[name] for before, _ in rows]):26} seen: {seen[name]}")
pandas = pd.read_csv("payments.csv")
print("pandas reads", {name: str(kind) for name, kind in pandas.dtypes.items()})
as_described = (seen["amount"] == ["5", "7", "1234"] and seen["discount"] == ["5", "0.05", "0.1"]
                and seen["orders"] == ["True", "False", "True"] and seen["plan"][0] == "0001-05-01"
                and pandas.orders.sum() == 2 and not pd.api.types.is_numeric_dtype(pandas.amount))
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
