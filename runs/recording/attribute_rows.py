"""How do tags, parameters and properties become rows? Checked, given their key's number, cut for the index."""

import math
from collections.abc import Iterable, Mapping

from runs.limits import INDEXED_TEXT, PARAM_VALUE, PROPERTY_VALUE, TAG_VALUE, clean_key, clean_text
from runs.models import KeyKind, Run, RunAttr
from runs.recording.keys import key_ids


def clean_tags(tags: Mapping[str, str | None]) -> dict[str, str | None]:
    """The tags if they can be kept; None is a bare tag. Raises UserMistake naming the key."""
    return {
        clean_key(key, "tag key"): None if value is None else clean_text(value, f"tag {key!r}", TAG_VALUE)
        for key, value in tags.items()
    }


def clean_params(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters if they can be kept. Raises UserMistake naming the key."""
    return {
        clean_key(key, "parameter key"): clean_text(value, f"parameter {key!r}", PARAM_VALUE)
        for key, value in params.items()
    }


def clean_properties(properties: Mapping[str, str]) -> dict[str, str]:
    """The properties if they can be kept. Raises UserMistake naming the key."""
    return {
        clean_key(key, "property key"): clean_text(value, f"property {key!r}", PROPERTY_VALUE)
        for key, value in properties.items()
    }


def as_number(text: str | None) -> float | None:
    """The finite number that a text reads as, else None: numeric comparison works on it."""
    if text is None or len(text) > 40 or "_" in text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def attribute_row(run: Run, key_id: int, text: str | None) -> RunAttr:
    """The row of one attribute, not saved yet."""
    is_long = text is not None and len(text) > INDEXED_TEXT
    return RunAttr(
        experiment_id=run.experiment_id,
        run_id=run.pk,
        key_id=key_id,
        num=as_number(text),
        txt=text[:INDEXED_TEXT] if text is not None else None,
        long=text if is_long else None,
    )


def insert_attributes(run: Run, families: Mapping[KeyKind, Mapping[str, str | None]]) -> list[int]:
    """Write the attributes of a new run in one statement; gives their key numbers."""
    rows = [
        attribute_row(run, numbers[key], text)
        for kind, texts in families.items()
        for numbers in [key_ids(kind, texts)]
        for key, text in texts.items()
    ]
    RunAttr.objects.bulk_create(rows)
    return [row.key_id for row in rows]


def upsert_attributes(run: Run, kind: KeyKind, texts: Mapping[str, str | None]) -> None:
    """Write or overwrite attributes in one statement. Never for properties, which the database refuses to change."""
    numbers = key_ids(kind, texts)
    RunAttr.objects.bulk_create(
        [attribute_row(run, numbers[key], text) for key, text in sorted(texts.items())],
        update_conflicts=True,
        unique_fields=["experiment", "run", "key"],
        update_fields=["num", "txt", "long"],
    )


def attribute_texts(run: Run, kind: KeyKind, keys: Iterable[str]) -> dict[str, str | None]:
    """The whole texts that a run has under these keys now."""
    numbers = key_ids(kind, keys)
    names = {number: key for key, number in numbers.items()}
    rows = RunAttr.objects.filter(experiment_id=run.experiment_id, run_id=run.pk, key_id__in=list(names))
    return {
        names[key_id]: txt if long is None else long for key_id, txt, long in rows.values_list("key_id", "txt", "long")
    }
