"""plpython/ → one loader function (pure): the runtime's sources as data in a function's body.

They live in ``pg_proc`` and not in a table, because a writable table of sources is code execution on
the server.
"""

from __future__ import annotations

import hashlib
from importlib import resources

# Red Hat's servers of these years; the runtime is written for it and generates code for it.
OLDEST_PYTHON = (3, 9)
MODULES = (
    "protocol",
    "agreement",
    "packages",
    "frame",
    "operations",
    "plan",
    "ieee",
    "optional",
    "masks",
    "kernels",
    "lanes",
    "near",
    "gaps",
    "hashing",
    "treecode",
    "words",
    "expressions",
    "portable",
    "compiled",
    "descent",
    "forest",
    "near_batch",
    "batch",
    "unfold",
    "signing",
    "models",
    "scoring",
    "additive",
    "treeshap",
    "treeshap_batch",
    "explanation",
    "explaining",
    "entrypoints",
)

_LOADER = """\
create or replace function dbml._load_runtime() returns void
language plpython3u
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $dbml_runtime$
import sys
if sys.version_info < {oldest!r}:
    plpy.error(
        "this server's PL/Python runs Python %d.%d, and the engines portable and python need %d.%d or newer"
        % (*sys.version_info[:2], *{oldest!r}),
        hint="Give the server's PL/Python a newer Python, or use the engine sql.", sqlstate="DB001")
sources = {sources!r}
namespace = {{"__name__": "dbml_loader"}}; exec(sources["loader"], namespace)
namespace["register"]("{package}", sources)
$dbml_runtime$;
comment on function dbml._load_runtime() is 'Registers the Python runtime {package} in this session.';
"""

_FIRST_LOADER = """\
create or replace function dbml._load_code(codes bytea[]) returns boolean
language plpython3u
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $dbml_runtime$
import marshal, sys, types
if "{package}.compiled" in sys.modules:
    return True
kept = dict(zip(codes[::2], codes[1::2])) if codes else {{}}
code = kept.get(("%s %x" % (sys.implementation.cache_tag, sys.hexversion)).encode())
if code is None:
    return False
package = sys.modules["{package}"] = types.ModuleType("{package}")
package.__path__ = []
for name, code in marshal.loads(code):
    module = sys.modules["{package}." + name] = types.ModuleType("{package}." + name)
    module.__package__ = "{package}"
    setattr(package, name, module)
    exec(code, module.__dict__)
return True
$dbml_runtime$;
comment on function dbml._load_code(bytea[]) is
  'Registers what a compiled plan needs of {package} in this session, given its code; whether it is there.';

create or replace function dbml._load_compiled() returns void
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $dbml_runtime$
begin
  if not dbml._load_code(dbml._code('{package}')) then
    perform dbml._load_runtime();
  end if;
end
$dbml_runtime$;
comment on function dbml._load_compiled() is 'Registers what a compiled plan needs of {package} in this session.';
"""


def sources(*names: str) -> dict[str, str]:
    """Read modules of the runtime: name to text."""
    root = resources.files("dbml._plpython")
    return {name: root.joinpath(f"{name}.py").read_text(encoding="utf-8") for name in names}


def package_name() -> str:
    """Name of the runtime as a package in the server, with the hash of its sources."""
    texts = sources("loader", *MODULES)
    digest = hashlib.sha256(repr(sorted(texts.items())).encode()).hexdigest()
    return f"dbml_runtime_{digest[:16]}"


def loader_function() -> str:
    """SQL text of the function that registers the runtime in a session."""
    return _LOADER.format(sources=sources("loader", *MODULES), package=package_name(), oldest=OLDEST_PYTHON)


def first_loader_function() -> str:
    """SQL text of the function that registers what one score by a compiled plan needs, from code kept in the server.

    Compiling those modules anew takes longer than everything else of a session's first score but Python's own start.
    """
    return _FIRST_LOADER.format(package=package_name())


def probe_function() -> str:
    """SQL text of a temporary function that describes the server's Python as JSON."""
    return (
        "create or replace function pg_temp.dbml_probe(python_path text) returns text "
        "language plpython3u as $dbml_runtime$\n"
        f"import json; namespace = {{'__name__': 'dbml_probe'}}; exec({sources('probe')['probe']!r}, namespace)\n"
        "return json.dumps(namespace['facts'](python_path))\n$dbml_runtime$"
    )
