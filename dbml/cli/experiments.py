"""Commands that compare versions by what came true, or by what they would have said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import dbml
from dbml.cli.parameters import FilePath, Number
from dbml.cli.shared import connect, dsn_option, json_option, print_json, print_rows, table_moment, version_number

if TYPE_CHECKING:
    from dbml.observing.planning import Plan


@click.command("experiment")
@dsn_option
@json_option
@click.argument("name")
@click.option("--as-of", metavar="TIME", help="What was known then.")
@click.option("--covariate", metavar="COLUMN", help="A number of the profile from before; makes intervals narrower.")
@click.option("--plot", type=FilePath(), metavar="FILE", help="Draw it, as .svg or .png.")
@click.option("--plan", is_flag=True, help="Say how many entities it needs, before it starts.")
@click.option("--effect", type=Number(), help="--plan: the difference to be found, such as 0.02.")
@click.option("--rate", type=Number(), help="--plan: the control's rate; else what the log says of the model.")
@click.option(
    "--share", type=Number(), default=50, show_default=True, metavar="PERCENT", help="--plan: the candidate's."
)
@click.option("--power", type=Number(), default=0.8, show_default=True, help="--plan: the chance to find it.")
def experiment_command(
    dsn: str | None,
    as_json: bool,
    name: str,
    as_of: str | None,
    covariate: str | None,
    plot: Path | None,
    plan: bool,
    effect: float | None,
    rate: float | None,
    share: float,
    power: float,
) -> None:
    """Compare versions side by side by what came true.

    Look as often as you like: low and high, evidence and p hold at every look.
    """
    if plan:
        if effect is None:
            raise click.UsageError("--plan needs the --effect that you want to find, such as --effect 0.02")
        rows = _planned(dsn, name, effect, rate, share, power)
        print_rows(rows, ("looks", "n", "control", "candidate", "power"), as_json)
        return
    with connect(dsn) as connection:
        arms = dbml.experiment(connection, name, covariate=covariate, as_of=as_of)
        if plot is not None:
            from dbml.observing import picture

            picture.plot(connection, name, plot, covariate=covariate)
    columns = ("arm", "version", "n", "mean", "difference", "low", "high", "evidence", "p", "state")
    print_rows(arms, columns, as_json)
    for says in {arm.says for arm in arms if arm.says and not as_json}:
        click.echo(says[0].upper() + says[1:] + ".")


def _planned(dsn: str | None, name: str, effect: float, rate: float | None, share: float, power: float) -> list[Plan]:
    from dbml.observing import planning

    if rate is None:
        with connect(dsn) as connection:
            known = dbml.performance(connection, name)
        if not known:
            raise click.UsageError(f"nothing is known of {name} yet, so --plan needs the --rate of its outcome")
        rate = known[0]["mean_outcome"]
    return planning.plan(effect, rate, share=share, power=power)


@click.command("replay")
@dsn_option
@json_option
@click.argument("version", metavar="NAME@V")
@click.option("--from", "start", metavar="TIME", help="Predictions from then on; else all that are logged.")
@click.option("--to", "end", metavar="TIME", help="Predictions before that.")
@click.option("--threshold", type=Number(), default=0.5, show_default=True, help="Count who changes sides of it.")
@click.option(
    "--history",
    "moments",
    multiple=True,
    metavar="TABLE=MOMENT",
    help="Go through these events, where the log does not reach; MOMENT is when one happened.",
)
def replay_command(
    dsn: str | None,
    as_json: bool,
    version: str,
    start: str | None,
    end: str | None,
    threshold: float,
    moments: tuple[str, ...],
) -> None:
    """Say what another version would have answered.

    It scores what each logged prediction saw; with --history, what the profile was at each event.
    """
    name, number = version_number(version)
    history = dict(table_moment(text) for text in moments) if moments else None
    with connect(dsn) as connection:
        found = dbml.replay(connection, name, number, start=start, end=end, threshold=threshold, history=history)
    if as_json:
        print_json(found)
        return
    if found.against is None:
        said = f"{version} scores {found.n} logged predictions of {name}: {found.moved} would have been other ones"
    else:
        said = f"{version} scores {found.n} past events: {found.moved} scores are others than {name}@{found.against}'s"
    if found.mean_difference is not None:
        said += f", by {found.mean_difference:+.3g} on average and {found.largest_difference:.3g} at most"
    click.echo(f"{said}; {found.flips} change sides of {threshold:g}; it refuses {found.refused}.")
