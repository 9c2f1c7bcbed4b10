"""A rival inside the server: the same trees in an inference library, called from a PL/Python function.

LightGBM's, because it computes in doubles, as scikit-learn does, and has an interface made for one row at a time. A
plan's trees are written in its text format, so that no model is trained twice.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from benchmarks import library_call

_FUNCTION: LiteralString = """
create table {schema}.trees (arguments json not null);
insert into {schema}.trees values ({arguments});
create function {schema}.score(numbers float8[], texts text[]) returns float8 language plpython3u stable as {body}
"""
_BODY = """
if "score" not in SD:
{load}
    import json
    SD["score"] = load(**json.loads(plpy.execute({query})[0]["arguments"]))
return SD["score"](numbers, texts)
"""
# The categorical flag is bit 0; NaN is what is missing (2 in bits 2 and 3), and goes left where bit 1 is set.
_MISSING_IS_NAN, _MISSING_GOES_LEFT = 8, 2


def serve(connection: psycopg.Connection[Any], schema: str, plan: Mapping[str, Any]) -> None:
    """Let the trigger of a deployed model ask the library instead of the model's own function."""
    query = sql.SQL("select arguments::text from {}.trees").format(sql.Identifier(schema)).as_string(connection)
    body = _BODY.format(load=textwrap.indent(inspect.getsource(library_call.load), "    "), query=repr(query))
    connection.execute(
        sql.SQL(_FUNCTION).format(
            schema=sql.Identifier(schema), arguments=sql.Literal(json.dumps(arguments(plan))), body=sql.Literal(body)
        )
    )
    own = sql.Identifier(schema, "score").as_string(connection)
    found = connection.execute(
        "select p.proname, p.prosrc from pg_proc p join pg_trigger t on t.tgfoid = p.oid "
        "where t.tgrelid = %s::regclass and p.prosrc like '%%dbml._run_portable(%%'",
        [f"{schema}.customer"],
    ).fetchone()
    assert found is not None
    name, source = found
    replaced, times = re.subn(r"dbml\._run_portable\('[^']*', ", lambda _: f"{own}(", source)
    assert times == 1
    connection.execute(
        sql.SQL(
            "create or replace function {} () returns trigger language plpgsql security definer "
            "set search_path = pg_catalog, pg_temp as {}"
        ).format(sql.Identifier("dbml_scorer", name), sql.Literal(replaced))
    )
    connection.execute(
        sql.SQL("grant usage on schema {} to dbml_owner; grant select on {} to dbml_owner").format(
            sql.Identifier(schema), sql.Identifier(schema, "trees")
        )
    )
    # Behind the trigger an error would only cost the score: a library that cannot be loaded is to end here.
    call = sql.SQL("select {}(array_fill(0::float8, %s), array_fill(''::text, %s))").format(
        sql.Identifier(schema, "score")
    )
    connection.execute(call, [[plan["numbers"]], [plan["texts"]]])


def arguments(plan: Mapping[str, Any]) -> dict[str, Any]:
    """What :func:`.library_call.load` takes.

    :raises ValueError: the plan is more than trees over numbers and one-hot texts, then a sigmoid or a mean.
    """
    nodes = plan["nodes"]
    output = nodes[plan["output"]]
    trees = nodes[output["of"][0]]
    if output["op"] not in ("sigmoid", "divide") or trees["op"] != "trees" or trees.get("strict") or trees.get("sets"):
        raise ValueError("the library's rival is written for plain trees alone")
    numbers: list[int] = []
    texts: dict[int, dict[str, int]] = {}
    for column, place in enumerate(trees["of"]):
        source = nodes[place]
        condition = nodes[source["of"][0]] if source["op"] == "indicator" else {}
        if source["op"] == "number" and not texts:
            numbers.append(source["index"])
        elif condition.get("op") == "is":
            texts.setdefault(nodes[condition["of"][0]]["index"], {})[condition["value"]] = column
        else:
            raise ValueError("the library's rival is written for numbers, then one-hot texts")
    return {
        "library": str(_library()),
        "model": _text(trees),
        "numbers": numbers,
        "texts": list(texts.items()),
        "width": len(trees["of"]),
        "start": trees["start"],
        "divisor": nodes[output["of"][1]]["value"] if output["op"] == "divide" else None,
    }


def _library() -> Path:
    package = importlib.util.find_spec("lightgbm")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "lib" / "lib_lightgbm.so"


def _text(node: Mapping[str, Any]) -> str:
    """An ensemble in LightGBM's format: inner nodes and leaves numbered apart, leaves as ``-1 - number``."""
    column, threshold, left, right = (node[name] for name in ("column", "threshold", "left", "right"))
    missing_left = node.get("missing_left") or [0] * len(column)
    parts = []
    for number, root in enumerate(node["roots"]):
        names: dict[int, int] = {}
        inner: list[int] = []
        leaves: list[int] = []
        waiting = [root]
        while waiting:
            place = waiting.pop()
            if column[place] < 0:
                names[place] = -1 - len(leaves)
                leaves.append(place)
            else:
                names[place] = len(inner)
                inner.append(place)
                waiting += [right[place], left[place]]
        lines: dict[str, list[Any]] = {"num_leaves": [len(leaves)], "num_cat": [0]}
        if inner:
            lines |= {
                "split_feature": [column[place] for place in inner],
                "split_gain": [0] * len(inner),
                "threshold": [threshold[place] for place in inner],
                "decision_type": [_MISSING_IS_NAN + _MISSING_GOES_LEFT * missing_left[place] for place in inner],
                "left_child": [names[left[place]] for place in inner],
                "right_child": [names[right[place]] for place in inner],
            }
        lines |= {"leaf_value": [threshold[place] for place in leaves], "is_linear": [0], "shrinkage": [1]}
        written = "".join(f"{name}={' '.join(map(repr, values))}\n" for name, values in lines.items())
        parts.append(f"Tree={number}\n{written}\n\n")
    width = len(node["of"])
    head = {
        "version": "v4",
        "num_class": 1,
        "num_tree_per_iteration": 1,
        "label_index": 0,
        "max_feature_idx": width - 1,
        "feature_names": " ".join(f"f{place}" for place in range(width)),
        "feature_infos": " ".join(["none"] * width),
        "tree_sizes": " ".join(str(len(part)) for part in parts),
    }
    return "tree\n" + "".join(f"{name}={value}\n" for name, value in head.items()) + f"\n{''.join(parts)}end of trees\n"
