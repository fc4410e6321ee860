"""Which values may a body hold? The stock fields of DRF, without their kindness: a number is no text, 1.0 no integer.

Silent conversion hides mistakes of clients, and an unknown name is mostly a known one with a typing error.
"""

import math
from typing import Any

from rest_framework import serializers

from runs.limits import BIGGEST_INTEGER
from runs.query_language.suggestions import did_you_mean

SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Strict(serializers.Serializer[Any]):
    """An object of known fields."""

    def to_internal_value(self, data: Any) -> Any:
        """The checked fields; ValidationError also for a name that is not known here."""
        if isinstance(data, dict):
            known = list(self.fields)
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {name[:100]: [f"This field is not known here{did_you_mean(name, known)}."] for name in unknown[:10]}
                )
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A string as it is, also empty; NUL and lone surrogates are refused."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("allow_blank", True)
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """The string; ValidationError for anything else."""
        if not isinstance(data, str):
            raise serializers.ValidationError(f"This must be a string, not {name_of(data)}.")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """An integer of 64 bits."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("min_value", -BIGGEST_INTEGER - 1)
        options.setdefault("max_value", BIGGEST_INTEGER)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> int:
        """The integer; ValidationError for anything else."""
        if isinstance(data, bool) or not isinstance(data, int):
            raise serializers.ValidationError(f"This must be a whole number, not {name_of(data)}.")
        return super().to_internal_value(data)


class Yes(serializers.BooleanField):
    """True or false."""

    def to_internal_value(self, data: Any) -> bool:
        """The truth; ValidationError for anything else."""
        if not isinstance(data, bool):
            raise serializers.ValidationError(f"This must be true or false, not {name_of(data)}.")
        return data


def number_of(value: Any) -> float | None:
    """A number as JSON can say it: a number, or one of the texts NaN, Infinity, -Infinity. None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float | int):
        try:
            return float(value)
        except OverflowError:
            return None
    return SPECIAL.get(value) if isinstance(value, str) else None


def said(value: float | None) -> float | str | None:
    """The same way back: NaN and infinities as texts, which JSON has no numbers for."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def name_of(value: Any) -> str:
    """What JSON calls the type of a value."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
