"""Which node stands for "field, operator, values"? Checks them against the field table and normalises them.

One meaning has one node: ``IN`` with one value is ``=``, ``= null`` is MISSING, ``archived != yes`` is ``archived:no``.
"""

from collections.abc import Sequence

from runs.mistakes import UserMistake
from runs.query_language.field_names import field_to_text
from runs.query_language.fields import Kind, Row, row_of
from runs.query_language.tree import (
    Condition,
    Field,
    Flag,
    Node,
    Number,
    Op,
    Range,
    Span,
    Value,
    disjunction,
)
from runs.query_language.values import ORDERING_OPERATORS, Written, read_value

_NULL_OPERATORS = {Op.EQUAL: Op.MISSING, Op.IN: Op.MISSING, Op.NOT_EQUAL: Op.EXISTS, Op.NOT_IN: Op.EXISTS}


def presence(field: Field, op: Op, span: Span, op_position: int) -> Condition:
    """``field IS NULL`` or ``IS NOT NULL``; raises UserMistake for a yes-or-no field, which is never missing."""
    _check_operator(row_of(field), field, op, op_position)
    return Condition(field, op, (), span)


def colon(field: Field, written: Sequence[Written], span: Span, op_position: int) -> Node:
    """``field:value,value``: any of the values."""
    row = row_of(field)
    if row.colon is Op.EQUAL:
        return condition(field, Op.IN if len(written) > 1 else Op.EQUAL, written, span, op_position)
    return disjunction(
        [
            presence(field, Op.MISSING, span, op_position)
            if value.is_null
            else condition(field, row.colon, (value,), span, op_position)
            for value in written
        ],
        span,
    )


def condition(field: Field, op: Op, written: Sequence[Written], span: Span, op_position: int) -> Node:
    """``field op value`` as a canonical node. Raises UserMistake at the operator's or the value's column."""
    row = row_of(field)
    null_op = _NULL_OPERATORS.get(op)
    if null_op and any(value.is_null for value in written):
        absent = presence(field, null_op, span, op_position)
        rest = [value for value in written if not value.is_null]
        if not rest or null_op is Op.EXISTS:
            return condition(field, op, rest, span, op_position) if rest else absent
        return disjunction([condition(field, op, rest, span, op_position), absent], span)
    _check_operator(row, field, op, op_position)
    name = field_to_text(field)
    values = []
    for value in written:
        values.append(read_value(row, name, op, value))
        _check_nan(values[-1], name, op, value.position)
    return compared(field, op, tuple(values), span)


def compared(field: Field, op: Op, values: tuple[Value, ...], span: Span = (0, 0)) -> Condition:
    """The canonical condition for values that are already typed."""
    values = tuple(dict.fromkeys(values))
    if len(values) == 1 and op in (Op.IN, Op.NOT_IN):
        op = Op.EQUAL if op is Op.IN else Op.NOT_EQUAL
    if op is Op.NOT_EQUAL and isinstance(values[0], Flag):
        return Condition(field, Op.EQUAL, (Flag(not values[0].value),), span)
    return Condition(field, op, values, span)


def _check_operator(row: Row, field: Field, op: Op, position: int) -> None:
    if op in row.kind.operators:
        return
    name = field_to_text(field)
    if row.kind is Kind.FLAG:
        raise UserMistake(f"{name} is yes or no; write {name}:yes or {name}:no", "query", position)
    known = ", ".join(known for known in Op if known in row.kind.operators)
    raise UserMistake(f"{name} cannot be compared with {op}; it takes {known}", "query", position)


def _check_nan(value: Value, name: str, op: Op, position: int) -> None:
    numbers = (value.low, value.high) if isinstance(value, Range) else (value,) if op in ORDERING_OPERATORS else ()
    if any(isinstance(number, Number) and number.value != number.value for number in numbers):
        raise UserMistake(f"Nothing is above or below nan; write {name} = nan", "query", position)
