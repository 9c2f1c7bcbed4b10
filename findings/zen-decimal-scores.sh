#!/bin/sh
# zen-engine (GoRules' JSON rules) counts in decimals of 28 digits: a probability of 1e-30 is 0 to a rule, two
# different doubles compare as equal, and a division by zero is null rather than an error.
#
# Why one guesses otherwise: the rules are JSON, their users hand over Python floats and get floats back, and
# the same engine is offered for JavaScript, whose numbers are doubles. `score > 0`, the usual guard before
# a logarithm or a ratio, is false for a confident model's smallest scores; `score == other` is true where
# Python says no; and 1e29, an ordinary double, is refused with an error that names no field.
#
# Instead: round or clip scores before they enter a rule, compare with a threshold that is far above
# 1e-28, and test a divisor for 0 in the rule itself.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check zen-engine==2.1.3
venv/bin/python - <<'PY'
import sys
from importlib.metadata import version
import zen

print("zen-engine", version("zen-engine"))
seen = []
for expression, context in (("score > 0", {"score": 1e-30}), ("score > 0", {"score": 1e-20}),
                            ("a == b", {"a": 0.1 + 0.2, "b": 0.3}), ("x / y", {"x": 1.0, "y": 0.0})):
    try:
        guess = eval(expression, {}, dict(context))
    except ZeroDivisionError as error:
        guess = type(error).__name__
    seen.append(zen.evaluate_expression(expression, context))
    print(f"{expression:10} {str(context):42} guess: {guess!s:18} seen: {seen[-1]}")
try:
    large = zen.evaluate_expression("x > 1", {"x": 1e29})
except Exception as refused:
    large = str(refused).splitlines()[0][:90]
print("x > 1 of 1e29:", large)
as_described = seen == [False, True, True, None] and large is not True
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
