"""The grammar of counters: splits an aggregate as SQL writes it into its parts (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from dbml.errors import SpecError

FUNCTIONS = ("count", "sum", "min", "max", "avg", "bool_or", "bool_and", "last")


@dataclass(frozen=True)
class Aggregate:
    """The parts of an aggregate, each a slice of what the user wrote.

    :param function: one of :data:`FUNCTIONS`.
    :param argument: an expression over the event's columns, or ``*``.
    :param distinct: ``count(distinct x)``.
    :param order: what ``last`` orders by.
    :param condition: what stands in ``filter (where …)``.
    :param schema: of an extension's own function, as SQL writes it.
    """

    function: str
    argument: str
    distinct: bool = False
    order: str | None = None
    condition: str | None = None
    schema: str | None = None


def parse(text: str) -> Aggregate:
    """Split an aggregate.

    :raises SpecError: one that dbml cannot keep.
    """
    refused = SpecError(
        f'dbml cannot keep the aggregate "{text}"',
        "It keeps count(*), count(x), count(distinct x), sum(x), avg(x), min(x), max(x), bool_or(x), bool_and(x) and "
        "last(x order by t), each with an optional filter (where …).",
    )
    try:
        tokens = Postgres().tokenize(text)
    except SqlglotError as error:
        raise refused from error
    if any(token.token_type is TokenType.SEMICOLON for token in tokens) or len(tokens) < 4:
        raise refused
    name = 2 if tokens[1].token_type is TokenType.DOT else 0
    function, closing = tokens[name].text.lower(), _closing(tokens, name + 1)
    if function not in FUNCTIONS or closing is None:
        raise refused
    inside = tokens[name + 2 : closing]
    distinct = bool(inside) and inside[0].token_type is TokenType.DISTINCT
    orders = [i for i, depth in _depths(inside) if depth == 0 and inside[i].token_type is TokenType.ORDER_BY]
    commas = [i for i, depth in _depths(inside) if depth == 0 and inside[i].token_type is TokenType.COMMA]
    first = tokens[name + 2] if distinct else tokens[name + 1]
    argument_end = inside[orders[0]].start if orders else tokens[closing].start
    argument = text[first.end + 1 : argument_end].strip()
    order = text[inside[orders[0]].end + 1 : tokens[closing].start].strip() if orders else None
    if (
        not argument
        or commas
        or inside[0].token_type is TokenType.ALL
        or ((distinct or argument == "*") and function != "count")
        or (distinct and argument == "*")
        or len(orders) != (function == "last")
        or order == ""
        or (order and inside[-1].text.lower() in ("asc", "desc", "first", "last"))
    ):
        raise refused
    schema = text[tokens[0].start : tokens[0].end + 1] if name else None
    return Aggregate(function, argument, distinct, order, _condition(text, tokens[closing + 1 :], refused), schema)


def _condition(text: str, rest: list[Token], refused: SpecError) -> str | None:
    if not rest:
        return None
    words = [token.text.lower() for token in rest[:3]]
    if words != ["filter", "(", "where"] or _closing(rest, 1) != len(rest) - 1 or len(rest) < 5:
        raise refused
    return text[rest[2].end + 1 : rest[-1].start].strip()


def _closing(tokens: list[Token], opening: int) -> int | None:
    """Index of the parenthesis that closes the one at ``opening``."""
    if len(tokens) <= opening or tokens[opening].token_type is not TokenType.L_PAREN:
        return None
    return next((opening + i for i, depth in _depths(tokens[opening:]) if depth == 0), None)


def _depths(tokens: list[Token]) -> list[tuple[int, int]]:
    """Every token's index and how many parentheses are open behind it."""
    found, depth = [], 0
    for index, token in enumerate(tokens):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        found.append((index, depth))
    return found
