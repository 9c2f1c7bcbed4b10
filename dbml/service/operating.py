"""A page for whoever operates: who serves and how that goes, and two acts, each behind a confirmation.

It is plain HTML made by the server, without a script. Whatever comes from the database is escaped in one place. A
browser sends its user's token by itself (HTTP Basic, the token is the password), so that another site could make it
send a form: each form carries a seal that only this service can make, for one role, one act and who serves.
"""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dbml.service.refusal import Refusal, refused
from dbml.service.scoring import Scoring
from dbml.service.settings import Settings
from dbml.service.tokens import Tokens

ACTS = {
    "promote": ("service_promote", "the candidate will serve everyone"),
    "abort": ("service_abort", "the control will serve everyone again, and scores the candidate's rows anew"),
}
EXPERIMENT = ("model", "arm", "version", "entities", "outcome", "difference", "from", "to", "state", "")
DRIFT = ("model", "state", "features", "")
# Caption, query and columns of what is shown as it is found.
FOUND = (
    ("What waits", "service_waiting", ("for", "how many", "the oldest for")),
    (
        "Predictions",
        "service_predictions",
        ("profile", "column", "model", "engine", "stale rows", "last failure", "of"),
    ),
    ("Workers", "service_jobs", ("duty", "state", "worker", "done", "ended", "due", "error")),
    ("Done last", "service_history", ("at", "model", "version", "act", "strategy", "share, %", "by", "note")),
)
# How a state looks.
MARKS = {
    **dict.fromkeys(("failed", "hung", "abandoned", "alert", "worse", "invalid"), "bad"),
    **dict.fromkeys(("ok", "better"), "good"),
}
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
LONGEST_FORM = 10_000
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
div { overflow-x: auto } table { border-collapse: collapse; width: 100% }
caption { text-align: left; font-weight: 600; font-size: 1.1rem; padding: 1.8rem 0 .4rem }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ddd; vertical-align: top }
th { color: #666; font-weight: 500; white-space: nowrap } td:last-child { min-width: 12rem } .none { color: #888 }
.bad { color: #a40000; font-weight: 600 } .good { color: #1a6b1a; font-weight: 600 }
button, .act { font: inherit; padding: .2rem .8rem; border: 1px solid #888; border-radius: .3rem; background: #f6f6f6;
  color: #222; text-decoration: none; margin-right: .4rem; white-space: nowrap; display: inline-block; cursor: pointer }
button:hover, .act:hover { background: #e8e8e8 }
input { font: inherit; width: 30rem; max-width: 100%; box-sizing: border-box }
"""


class Page:
    """The operator's page."""

    def __init__(self, settings: Settings, tokens: Tokens | None, scoring: Scoring) -> None:
        self._settings = settings
        self._tokens = tokens
        self._scoring = scoring

    async def show(self, request: Request) -> Response:
        """Show who serves, what the watching says, what waits, what workers do, and what was done last."""
        return await self._answer(request, self._overview)

    async def confirm(self, request: Request) -> Response:
        """Ask whether an act is meant."""
        return await self._answer(request, self._confirmation)

    async def act(self, request: Request) -> Response:
        """Promote or abort, as was confirmed."""
        return await self._answer(request, self._acted)

    async def _answer(self, request: Request, content: Any) -> Response:
        try:
            answer: Response = await content(request, self._role(request))
        except Exception as error:
            refusal = refused(error)
            headers = {"WWW-Authenticate": 'Basic realm="dbml", charset="UTF-8"'} if refusal.status == 401 else {}
            body = f"<p class=bad>{escape(refusal.sentence)}</p><p><a class=act href=/operator>Back</a></p>"
            answer = HTMLResponse(page("It was not done", body), refusal.status, headers)
        answer.headers.update(HEADERS)
        return answer

    def _role(self, request: Request) -> str | None:
        if self._tokens is None:
            # Else a name of somebody's own that leads to this machine would do for a browser on it.
            if (request.url.hostname or "") not in (host.strip("[]") for host in LOOPBACK):
                raise Refusal(403, "without tokens this page is for this machine alone: ask for it at 127.0.0.1")
            return None
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return self._tokens.role(request.headers.get("authorization"))
        try:
            token = b64decode(word, validate=True).decode().partition(":")[2]
        except ValueError:
            raise Refusal(401, "the name and password cannot be read; the password is the token") from None
        return self._tokens.role(f"Bearer {token}")

    async def _overview(self, _request: Request, role: str | None) -> Response:
        serving = await self._scoring.ask(role, "service_serving")
        running = {row[0] for row in serving if row[2] != "control"}
        tables = [
            table(
                "Who serves",
                ("model", "version", "arm", "strategy", "share, %", "since", ""),
                [
                    (*row, Raw("<td>" + (_acts(row[0]) if row[2] == "control" and row[0] in running else "")))
                    for row in serving
                ],
            ),
            await self._found(role, "Open alerts", "service_alerts", ("since", "model", "")),
            await self._of_each(role, "Experiments", "service_experiment", EXPERIMENT, running),
            await self._of_each(role, "Drift within a day", "service_drift", DRIFT, {row[0] for row in serving}),
            *[await self._found(role, *found) for found in FOUND],
        ]
        who = "" if role is None else f"<p>You see what the role {escape(role)} may see.</p>"
        return HTMLResponse(page("dbml", who + "".join(tables)))

    async def _found(self, role: str | None, caption: str, query: str, heads: Sequence[str]) -> str:
        return table(caption, heads, await self._scoring.ask(role, query))

    async def _of_each(self, role: str | None, caption: str, query: str, heads: Sequence[str], models: set[str]) -> str:
        """Lay out what a query says of each model; where it refuses, why: that is no reason to show nothing else."""
        rows: list[Sequence[Any]] = []
        for model in sorted(models):
            try:
                rows += [(model, *row) for row in await self._scoring.ask(role, query, model)]
            except Exception as error:
                rows.append((model, Raw(f"<td class=none colspan={len(heads) - 1}>{escape(refused(error).sentence)}")))
        return table(caption, heads, rows)

    async def _confirmation(self, request: Request, role: str | None) -> Response:
        act, model = _act(request.query_params.get("act"), request.query_params.get("model"))
        arms = [row for row in await self._scoring.ask(role, "service_serving") if row[0] == model]
        if len(arms) < 2:
            raise Refusal(404, f"nothing runs beside the version of {model} that serves")
        seal = await self._seal(role, act, model)
        hidden = "".join(
            f'<input type=hidden name={name} value="{escape(value)}">'
            for name, value in (("act", act), ("model", model), ("seal", seal))
        )
        return HTMLResponse(
            page(
                f"{act.capitalize()} {model}?",
                table("Who serves now", ("model", "version", "arm", "strategy", "share, %", "since"), arms)
                + f"<p>From the next statement on {ACTS[act][1]}.</p>"
                f"<form method=post action=/operator>{hidden}{_choice(act, arms)}"
                "<p><label>Why? <input name=note maxlength=500></label></p>"
                f"<button>{escape(act.capitalize())} {escape(model)}</button>"
                "<a class=act href=/operator>Leave it</a></form>",
            )
        )

    async def _acted(self, request: Request, role: str | None) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LONGEST_FORM:
                raise Refusal(413, "the form is too long")
        form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        act, model = _act(form.get("act"), form.get("model"))
        # Whoever is not asked by this service's own page has no seal.
        if not hmac.compare_digest(form.get("seal", "").encode(), (await self._seal(role, act, model)).encode()):
            raise Refusal(
                409, f"who serves {model} has changed since you were asked, or you were not asked; look again"
            )
        note = form.get("note", "").strip()
        who = "on the operator's page" if role is None else f"by {role} on the operator's page"
        version = form.get("version", "")
        chosen = [int(version) if version.isdecimal() else None] if act == "promote" else []
        await self._scoring.ask(role, ACTS[act][0], model, f"{note} ({who})" if note else who, *chosen)
        return RedirectResponse("/operator", 303)

    async def _seal(self, role: str | None, act: str, model: str) -> str:
        ((state,),) = await self._scoring.ask(role, "service_state", model)
        words = "\0".join((role or "", act, model, state))
        return hmac.digest(self._settings.secret.encode(), words.encode(), "sha256").hex()


class Raw(str):
    """HTML of a cell that this module has made."""


def _act(act: str | None, model: str | None) -> tuple[str, str]:
    if act not in ACTS or not model:
        raise Refusal(400, f"there is no such act; the acts: {', '.join(ACTS)}, each of a model")
    return act, model


def _choice(act: str, arms: Sequence[Sequence[Any]]) -> str:
    """Which of several candidates is to serve; nothing to choose, nothing asked."""
    candidates = [version for _, version, arm, *_ in arms if arm != "control"]
    if act != "promote" or len(candidates) < 2:
        return ""
    options = "".join(f"<option>{version}</option>" for version in candidates)
    return f"<p><label>Which version? <select name=version>{options}</select></label></p>"


def _acts(model: str) -> Raw:
    asks = f"/operator/confirm?model={quote(model, safe='')}&amp;act="
    return Raw("<td>" + "".join(f'<a class=act href="{asks}{act}">{act.capitalize()} …</a>' for act in ACTS))


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Lay rows out; every cell is escaped here."""
    if not rows:
        return f"<table><caption>{escape(caption)}</caption><tr><td class=none>Nothing.</table>"
    head = "".join(f"<th>{escape(name)}" for name in heads)
    return (
        f"<div><table><caption>{escape(caption)}</caption><tr>{head}"
        + "".join("<tr>" + "".join(map(_cell, row)) for row in rows)
        + "</table></div>"
    )


def _cell(value: Any) -> str:
    if isinstance(value, Raw):
        return value
    mark = f" class={MARKS[value]}" if isinstance(value, str) and value in MARKS else ""
    return f"<td{mark}>{'' if value is None else escape(str(value))}"


def page(title: str, body: str) -> str:
    """Put the frame around a page."""
    return (
        f'<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><h1>{escape(title)}</h1>{body}</html>"
    )
