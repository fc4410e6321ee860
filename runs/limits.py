"""How long may things be, and which text can be kept? Documented limits; nothing is ever cut silently."""

from runs.mistakes import UserMistake

EXPERIMENT_NAME = 500
RUN_NAME = 256
KEY = 250
PARAM_VALUE = 6000
TAG_VALUE = 8000
PROPERTY_VALUE = 8000
EXPERIMENT_TAG_VALUE = 20000
DESCRIPTION = 64 * 1024
NAME = 250
ERROR_MESSAGE = 20000
INDEXED_TEXT = 250
BATCH_METRICS = 1000
BATCH_PARAMS = 100
BATCH_TAGS = 100
BIGGEST_INTEGER = 2**63 - 1


def clean_text(text: object, field: str, limit: int) -> str:
    """``text`` if both databases can keep it: a string of at most ``limit`` characters, without NUL or lone surrogates.

    Raises UserMistake that names ``field`` and the limit.
    """
    if not isinstance(text, str):
        raise UserMistake(f"{field} must be a string, not {type(text).__name__}", field)
    if len(text) > limit:
        raise UserMistake(f"{field} has {len(text)} characters; the limit is {limit}", field)
    if "\x00" in text:
        raise UserMistake(f"{field} contains a NUL character, which cannot be stored", field)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UserMistake(f"{field} contains a lone surrogate, which is no valid text", field) from error
    return text


def clean_key(key: object, field: str) -> str:
    """A tag, parameter, property or metric name: `clean_text` that is not empty."""
    text = clean_text(key, field, KEY)
    if not text.strip():
        raise UserMistake(f"{field} must not be empty", field)
    return text


def clean_time(value: object, field: str) -> int:
    """A moment in ms since 1970: a whole number from 0 to year 9999."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserMistake(f"{field} must be a whole number of milliseconds since 1970", field)
    if not 0 <= value <= 253402300799999:
        raise UserMistake(f"{field} must lie between 1970 and the year 9999, in milliseconds since 1970", field)
    return value
