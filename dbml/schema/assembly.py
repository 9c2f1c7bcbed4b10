"""Functions, triggers, views and grants as one script that can be run again (pure)."""

from __future__ import annotations

import hashlib

from dbml import database
from dbml.schema import runtime

SERVING = "serving/view/serving"


def code_script(plpython: bool) -> str:
    """SQL of every function, trigger, view and grant, re-runnable (pure).

    :param plpython: whether the server has PL/Python; without it the engines ``portable`` and ``python`` stay out.
    """
    plain, in_python, rights, rights_in_python = code_parts()
    texts = [plain, in_python, rights, rights_in_python] if plpython else [plain, rights]
    return "\n".join(texts)


def code_parts() -> tuple[str, str, str, str]:
    """The code script in order: what every server takes, what PL/Python adds, and the rights to either (pure)."""
    plain = [database.text(name) for folder in ("function", "trigger") for name in database.names(folder)]
    # The other views read this one.
    plain += [database.text(name) for name in sorted(database.names("view"), key=lambda name: name != SERVING)]
    plain += [template_function(), database.text("schema/install/retired")]
    in_python = [
        database.text(name).replace("@runtime@", runtime.package_name()) for name in database.names("plpython")
    ]
    return (
        "\n".join(["set local check_function_bodies = off;", *plain]),
        "\n".join([runtime.loader_function(), runtime.first_loader_function(), *in_python]),
        "\n".join([database.text("schema/install/ownership"), database.text("schema/install/grants")]),
        database.text("schema/install/grants_plpython"),
    )


def template_function() -> str:
    """SQL of the function that hands templates to the code in the server (pure)."""
    names = [name for name in database.names("template") if name.startswith(("serving/", "training/template/learn"))]
    cases = "\n".join(
        f"    when '{name.rpartition('/')[2]}' then return $template${database.text(name).rstrip()}$template$;"
        for name in names
    )
    return f"""
create or replace function dbml._template(name text) returns text
language plpgsql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $templates$
begin
  case name
{cases}
  end case;
end
$templates$;
comment on function dbml._template(text) is 'The text of a template, to be filled by dbml._fill.';
"""


def code_digest(code: str) -> str:
    """What the setting ``code`` holds once a code script has run (pure)."""
    return hashlib.sha256(code.encode()).hexdigest()
