"""Which values may stand in MLflow's filters? Its quoting rules and its messages, our typed values."""

from collections.abc import Sequence

from runs.mistakes import UserMistake
from runs.query_language.conditions import compared
from runs.query_language.fields import status_set
from runs.query_language.mlflow_fields import NUMERIC_OPERATORS, STRING_OPERATORS, Names, attribute_words, family_words
from runs.query_language.times import LATEST
from runs.query_language.tree import Condition, Family, Field, Moment, Node, Number, Op, Precision, Span, Value, Word
from runs.query_language.values import ORDERING_OPERATORS, PATTERN_OPERATORS, Written, is_finite
from runs.statuses import MLFLOW_WORD, Status

_NEGATIVE = {Op.NOT_EQUAL: Op.EQUAL, Op.NOT_IN: Op.IN, Op.NOT_LIKE: Op.LIKE, Op.NOT_ILIKE: Op.ILIKE}
_LISTING = frozenset({Op.IN, Op.NOT_IN})


def mlflow_condition(
    names: Names, field: Field, op: Op, written: Sequence[Written], span: Span, op_position: int
) -> Node:
    """One comparison of a filter. Raises UserMistake (field "filter") in MLflow's words."""
    is_time = field.family is Family.ATTRIBUTE and field.key in names.times
    numeric = is_time or field.family is Family.METRIC
    by_number = field.family is Family.PARAM and op in ORDERING_OPERATORS and not any(value.quoted for value in written)
    known = NUMERIC_OPERATORS if numeric or by_number else STRING_OPERATORS
    if op not in known:
        listed = ", ".join(f"'{one}'" for one in known)
        raise UserMistake(f"Invalid comparator '{op}' not one of {{{listed}}}", "filter", op_position)
    if names.statuses and field == Field(Family.ATTRIBUTE, "status"):
        return _status(field, op, [_text(field, op, value) for value in written], span)
    if numeric or by_number:
        return compared(field, op, tuple(_number(names, field, is_time, value) for value in written), span)
    return compared(field, op, tuple(Word(_text(field, op, value)) for value in written), span)


def _number(names: Names, field: Field, is_time: bool, written: Written) -> Value:
    if written.quoted or not is_finite(written.text):
        kind = f"numeric attribute: {attribute_words(field, names)}" if is_time else family_words(field.family)
        shown = f"'{written.text}'" if written.quoted else written.text
        message = f"Expected numeric value type for {kind}. Found {shown}"
        raise UserMistake(message, "filter", written.position)
    if not is_time:
        return Number(written.text)
    return Moment(int(min(max(float(written.text), 0), LATEST)), Precision.MILLISECOND)


def _text(field: Field, op: Op, written: Written) -> str:
    if written.quoted:
        return written.text
    if op in _LISTING:
        message = (
            "While parsing a list in the query, expected string value, punctuation, or whitespace, "
            f"but got different type in list: {written.text}"
        )
    elif is_finite(written.text):
        where = {Family.ATTRIBUTE: "attributes", Family.DATASET: "dataset attributes"}.get(field.family)
        message = f"Expected a quoted string value for {where or family_words(field.family)}"
        message += f". Got value {written.text}" if where else f" (e.g. 'my-value'). Got value {written.text}"
    else:
        message = (
            "Parameter value is either not quoted or unidentified quote types used for string value "
            f"{written.text}. Use either single or double quotes."
        )
    raise UserMistake(message, "filter", written.position)


def _status(field: Field, op: Op, words: list[str], span: Span) -> Condition:
    """MLflow compares its five words as text. What no word fits matches no run, and ``!=`` it every run."""
    positive = _NEGATIVE.get(op, op)
    if positive in PATTERN_OPERATORS:
        folded = positive is Op.ILIKE
        words = [known for known in _MLFLOW_WORDS if _is_like(known, words[0], folded)]
    sets = [found for found in map(status_set, words) if found]
    if not sets:
        return Condition(field, Op.MISSING if op is positive else Op.EXISTS, (), span)
    return compared(field, Op.IN if op is positive else Op.NOT_IN, tuple(sets), span)


_MLFLOW_WORDS = tuple(dict.fromkeys(MLFLOW_WORD[status] for status in Status))


def _is_like(text: str, pattern: str, folded: bool) -> bool:
    """SQL's LIKE in time linear in the pattern: keeps the places in ``text`` that the pattern can have reached."""
    if folded:
        text, pattern = text.casefold(), pattern.casefold()
    reached = {0}
    for sign in pattern:
        if sign == "%":
            reached = set(range(min(reached), len(text) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(text) and sign in ("_", text[at])}
        if not reached:
            return False
    return len(text) in reached
