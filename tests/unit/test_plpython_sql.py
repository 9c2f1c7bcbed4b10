"""Every SQL text that the runtime gives to ``plpy`` is a constant with qualified names: nothing can be slipped into it."""

from __future__ import annotations

import ast
import builtins
import re
from importlib import resources

import pglast
import pytest
from pglast import ast as sql
from pglast.visitors import Visitor

from dbml.schema import runtime
from dbml.schema.assembly import code_parts

CALLS = {"execute", "prepare", "cursor"}


class _Names(Visitor):  # type: ignore[misc]
    """Collects what an SQL text names without a schema."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.local: set[str] = set()

    def visit_CommonTableExpr(self, _: object, node: sql.CommonTableExpr) -> None:
        self.local.add(node.ctename)

    def visit_RangeVar(self, _: object, node: sql.RangeVar) -> None:
        if node.schemaname is None and node.relname not in self.local:
            self.found.append(f"the table {node.relname} is not qualified")

    def visit_FuncCall(self, _: object, node: sql.FuncCall) -> None:
        if len(node.funcname) < 2:
            self.found.append(f"the function {node.funcname[0].sval} is not qualified")

    def visit_TypeName(self, _: object, node: sql.TypeName) -> None:
        if len(node.names) < 2:
            self.found.append(f'the type "{node.names[0].sval}" is not qualified')


def unqualified(text: str) -> list[str]:
    names = _Names()
    try:
        names(pglast.parse_sql(text))
    except pglast.parser.ParseError as error:
        return [f"this is no SQL: {error}"]
    return names.found


def faults(source: str) -> list[str]:
    """What is wrong with the SQL that a Python text gives to ``plpy``."""
    tree = ast.parse(source)
    found: list[str] = []
    followed = _followed(tree)
    prepared = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _is_call(node.value, {"prepare"})
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "plpy" and node not in followed:
            found.append(f"line {node.lineno}: plpy goes where this walk cannot follow")
        if not _is_call(node, CALLS):
            continue
        assert isinstance(node, ast.Call)
        first = node.args[0] if node.args else None
        assert isinstance(node.func, ast.Attribute)
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            found += unqualified(first.value)
            if node.func.attr == "prepare":
                for kind in _types(node):
                    found += [f"this is no type: {kind}"] if not re.fullmatch(r"\w+(\[\])?", kind) else []
        elif not (isinstance(first, ast.Name) and first.id in prepared) and not _is_call(first, {"prepare"}):
            found.append(f"line {node.lineno}: the SQL is not a constant")
    return found


def _types(call: ast.Call) -> list[str]:
    return [
        n.value
        for part in call.args[1:]
        for n in ast.walk(part)
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]


def _is_call(node: ast.AST | None, names: set[str]) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in names
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "plpy"
    )


def _followed(tree: ast.AST) -> set[ast.AST]:
    """Where plpy is asked to do something on the spot, or handed on as the first argument of the runtime's own."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in CALLS | {"error"}:
                found.add(node.func.value)
            if node.args and not (isinstance(node.func, ast.Name) and hasattr(builtins, node.func.id)):
                found.add(node.args[0])
    return found


def bodies() -> dict[str, str]:
    """The runtime's modules, and the body of every PL/Python function of the install script."""
    root = resources.files("dbml._plpython")
    found = {f.name[:-3]: f.read_text() for f in root.iterdir() if f.name.endswith(".py")}
    for match in re.finditer(
        r"create or replace function (\S+?)\([^$]*?language plpython3u[^$]*?as (\$\w*\$)\n(.*?)\n\2;",
        code_parts()[1],
        re.DOTALL,
    ):
        lines = "\n".join(f"    {line}" for line in match[3].splitlines())
        found[match[1]] = f"def body():\n{lines}\n"
    return found


def test_the_walk_sees_every_body() -> None:
    found = bodies()
    script = code_parts()[1]
    languages = re.findall(r"create or replace function (\S+?)\([^$]*?\blanguage (\w+)", script)
    assert len(languages) == script.count("create or replace function")
    assert {language for _, language in languages} <= {"plpython3u", "plpgsql", "sql"}
    python = sorted(name for name, language in languages if language == "plpython3u")
    assert sorted(name for name in found if name.startswith("dbml.")) == python
    assert {*runtime.MODULES, "loader", "probe"} <= found.keys()
    calls = sum(_is_call(node, CALLS) for text in found.values() for node in ast.walk(ast.parse(text)))
    assert calls > 20


def test_sql_is_constant_and_qualified() -> None:
    found = [f"{name}: {fault}" for name, text in bodies().items() for fault in faults(text)]
    assert found == []


@pytest.mark.parametrize(
    "planted, fault",
    [
        ('plpy.execute("select b.code from bytecode b")', "the table bytecode is not qualified"),
        ('plpy.execute("select now()")', "the function now is not qualified"),
        ('plpy.execute("select $1::mood")', 'the type "mood" is not qualified'),
        ('plpy.prepare("select dbml.f($1)", ["a; drop"])', "this is no type: a; drop"),
        ('plpy.execute(f"select {name} from dbml.t")', "line 1: the SQL is not a constant"),
        ('plpy.execute("select * from dbml.t where a = %s" % name)', "line 1: the SQL is not a constant"),
        ('plpy.execute("select * from dbml.t where a = " + name)', "line 1: the SQL is not a constant"),
        ('plpy.cursor("select {}".format(name))', "line 1: the SQL is not a constant"),
        ("plpy.prepare(text)", "line 1: the SQL is not a constant"),
        ("text = plan = 'select 1'; plpy.execute(plan)", "line 1: the SQL is not a constant"),
        ('plpy.execute("selec 1")', 'this is no SQL: syntax error at or near "selec", at index 0'),
        ("run = plpy.execute", "line 1: plpy goes where this walk cannot follow"),
        ("mine = plpy", "line 1: plpy goes where this walk cannot follow"),
        ("getattr(plpy, 'execute')(text)", "line 1: plpy goes where this walk cannot follow"),
    ],
)
def test_what_is_planted_is_found(planted: str, fault: str) -> None:
    assert faults(planted) == [fault]
