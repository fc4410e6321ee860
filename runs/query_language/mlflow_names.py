"""What does a filter or an order of an MLflow client mean? MLflow's own grammar, turned into our tree.

Mistakes carry MLflow's words, which clients match on. Accepted beyond MLflow: OR, NOT, parentheses, IN and IS NULL
wherever they make sense, and ``params.lr < 0.1`` with a number without quotes.
"""

import re
from collections.abc import Collection, Sequence
from functools import cache

from lark import Lark, Token, Transformer, v_args

from runs.limits import clean_text
from runs.mistakes import UserMistake
from runs.query_language import engine
from runs.query_language.mlflow_fields import EXPERIMENTS, MODELS, RUNS, Names, mlflow_field
from runs.query_language.mlflow_values import mlflow_condition
from runs.query_language.order import SortKey
from runs.query_language.tree import Condition, Family, Field, Node, Not, Op, Span, conjunction, disjunction, respan
from runs.query_language.values import Written

__all__ = ["EXPERIMENTS", "MODELS", "RUNS", "mlflow_field", "parse_mlflow_filter", "parse_mlflow_order"]

LONGEST_FILTER = 65_536  # clients ask for long lists of run ids
MOST_ORDER_CLAUSES = 20
LONGEST_CLAUSE = 512

_SYMBOLS = ("=", "!=", "<", "<=", ">", ">=")
_ORDER = re.compile(
    r"\s*((?:(?:`[^`]*`|[^\s\"'`.]+)\.)?(?:`[^`]*`|\"[^\"]*\"|'[^']*'|[^\s\"'`;,]+))(?:\s+(\w+))?\s*", re.ASCII
)


def parse_mlflow_filter(text: str, names: Names = RUNS) -> Node | None:
    """The tree of a search filter (for `RUNS`, `EXPERIMENTS` or `MODELS`), or None if it is empty.

    Raises UserMistake with field "filter" and the 0-based column.
    """
    try:
        return engine.run(_parser(names), text, _not_understood, LONGEST_FILTER)
    except UserMistake as mistake:
        if mistake.field == "filter":
            raise
        raise UserMistake(f"Invalid filter string. {mistake.message}", "filter", mistake.position) from None


def parse_mlflow_order(clauses: Sequence[str], names: Names = RUNS) -> tuple[SortKey, ...]:
    """The sort keys of ``order_by`` clauses such as ``metrics.acc DESC``; ascending unless it says DESC.

    Raises UserMistake with field "order_by".
    """
    if len(clauses) > MOST_ORDER_CLAUSES:
        raise UserMistake(f"Invalid order_by: it takes at most {MOST_ORDER_CLAUSES} clauses", "order_by")
    keys = [_order(clean_text(clause, "order_by", LONGEST_CLAUSE), names) for clause in clauses]
    return tuple({key.field: key for key in reversed(keys)}[field] for field in dict.fromkeys(k.field for k in keys))


def _order(clause: str, names: Names) -> SortKey:
    shown = clause if len(clause) <= 100 else clause[:97] + "..."
    match = _ORDER.fullmatch(clause)
    if match is None:
        raise UserMistake(f"Invalid order_by clause '{shown}'. Could not be parsed.", "order_by")
    direction = (match[2] or "asc").casefold()
    if direction not in ("asc", "desc"):
        raise UserMistake(f"Invalid ordering key in order_by clause '{shown}'.", "order_by", match.start(2))
    field = mlflow_field(match[1], names, "order_by", match.start(1))
    if field.family is Family.DATASET:
        raise UserMistake("Invalid order_by entity type 'dataset'", "order_by", match.start(1))
    if names is RUNS and field.family is Family.ATTRIBUTE and field.key == "artifact_uri":
        field = Field(Family.ATTRIBUTE, "id")  # the location is made from the id, and sorts as it does
    return SortKey(field, direction == "desc")


@cache
def _parser(names: Names) -> Lark:
    return engine.build("mlflow.lark", _Builder(names))


@v_args(inline=True)
class _Builder(Transformer[Token, Node | None]):
    """One method a grammar rule; knows one table of names and changes nothing, so that threads share it."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names = names

    def start(self, tree: Node | None = None) -> Node | None:
        return tree

    def or_expr(self, *parts: Node) -> Node:
        return disjunction(list(parts), _around(parts))

    def and_expr(self, *parts: Node) -> Node:
        return conjunction(list(parts), _around(parts))

    def negation(self, sign: Token, part: Node) -> Node:
        return Not(part, (_start(sign), part.span[1]))

    def group(self, left: Token, part: Node, right: Token) -> Node:
        return respan(part, _span(left, right))

    def comparison(self, name: Token, sign: Token, value: Token) -> Node:
        return self._condition(name, sign, [value], _span(name, value))

    def listing(self, name: Token, sign: Token, _left: Token, *rest: Token | None) -> Node:
        *values, right = (token for token in rest if token is not None)
        if not values:
            message = (
                "While parsing a list in the query, expected a non-empty list of string values, but got empty list"
            )
            raise UserMistake(message, "filter", _start(right))
        return self._condition(name, sign, values, _span(name, right))

    def presence(self, name: Token, sign: Token) -> Node:
        op = Op.MISSING if sign.type == "IS_NULL" else Op.EXISTS
        return Condition(self._field(name), op, (), _span(name, sign))

    def _condition(self, name: Token, sign: Token, values: Sequence[Token], span: Span) -> Node:
        field = self._field(name)
        op = _operator(sign)
        return mlflow_condition(self.names, field, op, [_written(value) for value in values], span, _start(sign))

    def _field(self, name: Token) -> Field:
        return mlflow_field(name, self.names, "filter", _start(name))


def _operator(sign: Token) -> Op:
    if sign.type != "OP":
        return Op[sign.type]
    if sign not in _SYMBOLS:
        listed = ", ".join(f"'{known}'" for known in _SYMBOLS)
        raise UserMistake(f"Invalid comparator '{sign}' not one of {{{listed}}}", "filter", _start(sign))
    return Op(str(sign))


def _written(token: Token) -> Written:
    if token.type != "QUOTED":
        return Written(str(token), False, _start(token))
    mark = token[0]
    return Written(token[1:-1].replace(mark * 2, mark), True, _start(token))


def _not_understood(text: str, position: int, expected: Collection[str]) -> UserMistake:
    found = text[position : position + 60].strip()
    if found[:1] in ("'", '"') and text.count(found[0], position) == 1:
        return UserMistake(
            f"Invalid clause(s) in filter string: this quote is never closed: {found}", "filter", position
        )
    if found.startswith(";"):
        message = f"Search filter contained multiple expression {text[:200]!r}. Provide AND-ed expression list."
        return UserMistake(message, "filter", position)
    if not found:
        message = "Invalid comparison clause. Expected a name, a comparator and a value; the filter stops too early"
        return UserMistake(message, "filter", position)
    if "NAME" not in expected and "OP" in expected:
        return UserMistake(f"Invalid comparison clause. Expected comparison found '{found}'", "filter", position)
    return UserMistake(f"Invalid clause(s) in filter string: '{found}'", "filter", position)


def _start(token: Token) -> int:
    return token.start_pos or 0


def _span(first: Token, last: Token) -> Span:
    return _start(first), last.end_pos or 0


def _around(parts: tuple[Node, ...]) -> Span:
    return parts[0].span[0], parts[-1].span[1]
