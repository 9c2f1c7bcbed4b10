"""Commands for versions side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click

import dbml
from dbml.cli.parameters import Number
from dbml.cli.shared import connect, dsn_option, json_option, note_option, print_rows

if TYPE_CHECKING:
    from dbml.serving.strategies import Strategy


STRATEGIES = ("recreate", "rolling", "blue-green", "canary", "ab", "shadow")
GUARDS = ("failure=0.01", "outcome", "score", "score=0.02")
MINIMUMS = ("exposures=500", "outcomes=100")


def strategy_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add to dbml deploy the options that say how a version serves beside another."""
    for option in reversed(
        (
            click.option("--strategy", type=click.Choice(STRATEGIES), default="recreate"),
            click.option("--share", type=Number(), metavar="PERCENT", help="Of the entities; 10 unless said."),
            click.option("--where", metavar="SQL", help="Only rows of the profile for which this is true."),
            click.option("--steps", metavar="1,5,25,100", help="Shares, one after the other; dbml advance takes them."),
            click.option("--hold", metavar="INTERVAL", help="How long each step lasts, such as '1 day'."),
            click.option(
                "--guard", multiple=True, metavar="failure=0.01|outcome|score=0.02", help="Abort when this says so."
            ),
            click.option(
                "--signal",
                multiple=True,
                metavar="alert|failure=0.01|outcome|score=0.02",
                help="Pause the steps when this says so, until dbml resume.",
            ),
            click.option(
                "--minimum", multiple=True, metavar="exposures=500|outcomes=100", help="No step before so many of it."
            ),
            click.option("--approval", metavar="25,100", help="Steps that wait for dbml approve."),
            click.option("--also", type=int, multiple=True, metavar="V", help="A further version, for ab and shadow."),
            click.option(
                "--in-statement", is_flag=True, help="A shadow answers inside each statement, without worker."
            ),
            click.option("--rate", type=int, metavar="ROWS", help="Rolling moves so many rows a second."),
        )
    ):
        command = option(command)
    return command


def chosen(
    strategy: str,
    share: float | None,
    where: str | None,
    steps: str | None,
    hold: str | None,
    guard: tuple[str, ...],
    signal: tuple[str, ...],
    minimum: tuple[str, ...],
    approval: str | None,
    also: tuple[int, ...],
    in_statement: bool,
    rate: int | None,
) -> Strategy | None:
    """The strategy that the options ask for; None: everyone at once."""
    if strategy == "recreate":
        unset = (None, (), False)
        if any(
            option not in unset
            for option in (share, where, steps, hold, guard, signal, minimum, approval, also, in_statement, rate)
        ):
            raise click.UsageError("name a --strategy: rolling, blue-green, canary, ab or shadow")
        return None
    from dbml.serving.strategies import Strategy

    guards = _named_numbers(guard, "--guard", GUARDS)
    minimums = _named_numbers(minimum, "--minimum", MINIMUMS)
    return Strategy(
        strategy,
        share=None if share is None else Decimal(str(share)),
        where=where,
        steps=_numbers(steps, "--steps"),
        hold=hold,
        failure_limit=guards.get("failure"),
        also=also,
        in_statement=in_statement,
        rate=rate,
        outcome_guard="outcome" in guards,
        score_limit=guards.get("score"),
        min_exposures=_whole(minimums.get("exposures")),
        min_outcomes=_whole(minimums.get("outcomes")),
        approvals=_numbers(approval, "--approval"),
        signals=signal or None,
    )


def _named_numbers(given: tuple[str, ...], option: str, examples: tuple[str, ...]) -> dict[str, Decimal]:
    """Name → number; 0 for a name that may stand alone and does."""
    found: dict[str, Decimal] = {}
    for text in given:
        name, is_there, number = text.partition("=")
        if not any(text == each or (is_there and each.startswith(f"{name}=")) for each in examples):
            raise click.BadParameter(f"there is no {text!r}; write {' or '.join(examples)}", param_hint=option)
        if name in found:
            raise click.BadParameter(f"{name} is given twice", param_hint=option)
        found[name] = _number(number, option) if is_there else Decimal(0)
    return found


def _whole(number: Decimal | None) -> int | None:
    if number is not None and number != int(number):
        raise click.BadParameter(f"{number} is no whole number", param_hint="--minimum")
    return None if number is None else int(number)


def _numbers(text: str | None, option: str) -> list[Decimal] | None:
    return None if text is None else [_number(each, option) for each in text.split(",")]


def _number(text: str, option: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        raise click.BadParameter(f"{text!r} is no number", param_hint=option) from None


@click.command("share")
@dsn_option
@click.argument("name")
@click.argument("percent", type=Number())
@note_option
def share_command(dsn: str | None, name: str, percent: float, note: str | None) -> None:
    """Give the candidate of a model another share."""
    with connect(dsn) as connection:
        dbml.set_share(connection, name, percent, note=note)
    click.echo(f"The candidate of {name} has {percent:g} percent.")
    click.echo(f"Rows keep their score until they change; to move them all: dbml rescore {name}")


@click.command("promote")
@dsn_option
@click.argument("name")
@click.option("--version", type=int, help="Which candidate, where there are several.")
@note_option
def promote_command(dsn: str | None, name: str, version: int | None, note: str | None) -> None:
    """Let the candidate of a model serve everyone."""
    with connect(dsn) as connection:
        green = any(row.arm == "green" for row in dbml.allocation(connection, name))
        version = dbml.promote(connection, name, version=version, note=note)
    click.echo(f"{name}@{version} serves everyone.")
    if green:
        click.echo(f"Its scores stand in the rows; to take it back, scores and all: dbml rollback {name}")
        return
    click.echo(f"Rows keep their score until they change; to move them all: dbml rescore {name}")


@click.command("abort")
@dsn_option
@click.argument("name")
@click.option("--why", help="The view dbml.deployment_history shows it.")
def abort_command(dsn: str | None, name: str, why: str | None) -> None:
    """End a strategy; the control scores what the candidate had."""
    with connect(dsn) as connection:
        rows = dbml.abort(connection, name, why=why)
    click.echo(f"The control of {name} serves everyone again; it has scored {rows} rows of the candidate.")


@click.command("approve")
@dsn_option
@click.argument("name")
@note_option
def approve_command(dsn: str | None, name: str, note: str | None) -> None:
    """Approve the next step of a strategy."""
    with connect(dsn) as connection:
        step = dbml.approve(connection, name, note=note)
    click.echo(f"The step of {name} to {step.normalize():f} percent is approved; it is taken as soon as it is due.")


@click.command("pause")
@dsn_option
@click.argument("name")
@click.option("--why", help="The view dbml.deployment_history shows it.")
def pause_command(dsn: str | None, name: str, why: str | None) -> None:
    """Let a strategy take no step, until dbml resume."""
    with connect(dsn) as connection:
        dbml.pause(connection, name, why=why)
    click.echo(f"{name} takes no step, and its guards stay; to let it go on: dbml resume {name}")


@click.command("resume")
@dsn_option
@click.argument("name")
@note_option
def resume_command(dsn: str | None, name: str, note: str | None) -> None:
    """Let the steps of a strategy go on that were paused."""
    with connect(dsn) as connection:
        dbml.resume(connection, name, note=note)
    click.echo(f"The steps of {name} go on; the present one begins anew.")


@click.command("advance")
@dsn_option
@json_option
@click.argument("name", required=False)
def advance_command(dsn: str | None, as_json: bool, name: str | None) -> None:
    """Take the steps that are due; abort or pause what does harm. Call it as often as you like."""
    with connect(dsn) as connection:
        done = dbml.advance(connection, name)
        waiting = [row for row in dbml.allocation(connection, name) if row.waits_for]
    if not done and waiting and not as_json:
        for row in waiting:
            click.echo(f"{row.model} waits for: {row.waits_for}")
        return
    print_rows([asdict(row) for row in done], ("name", "act", "share", "why"), as_json)


@click.command("serving")
@dsn_option
@json_option
@click.argument("name", required=False)
def serving_command(dsn: str | None, as_json: bool, name: str | None) -> None:
    """Show which version serves which share of a model's entities."""
    with connect(dsn) as connection:
        rows = [asdict(row) for row in dbml.allocation(connection, name)]
        for row in rows:
            compared = dbml.comparison(connection, row["model"]) if row["arm"] == "green" else []
            row["comparison"] = [asdict(profile) for profile in compared]
    print_rows(rows, ("model", "version", "arm", "strategy", "share", "shadow_share", "since", "waits_for"), as_json)
    if not as_json:
        for row in rows:
            for profile in row["comparison"]:
                click.echo(_compared(row["model"], profile))


def _compared(name: str, found: dict[str, Any]) -> str:
    said = f"{found['profile']}: {name}@{found['green']} has scored {found['scored']} of {found['rows']} rows"
    if found["moved"]:
        said += (
            f"; {found['moved']} move, by {found['mean_move']:+.3g} on average and {found['largest_move']:.3g} at most"
        )
    if found["refused"]:
        said += f"; it refuses {found['refused']}"
    return said + f"; {found['golden_moved']} of {found['golden_rows']} golden rows move."
