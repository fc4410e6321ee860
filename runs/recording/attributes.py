"""How do tags, parameters and properties change? Tags freely, with history; parameters once; properties never."""

from collections.abc import Iterable, Mapping

from runs.authors import Author
from runs.limits import RUN_NAME, clean_key, clean_text
from runs.mistakes import Conflict, NotFound, UserMistake
from runs.models import KeyKind, Run, RunAttr
from runs.recording.attribute_rows import (
    attribute_texts,
    clean_params,
    clean_properties,
    clean_tags,
    insert_attributes,
    upsert_attributes,
)
from runs.recording.changes import Edit, record_edits
from runs.recording.counters import count_keys
from runs.recording.keys import key_ids
from runs.recording.locking import fresh, refuse_unless_active
from runs.recording.run_doc import locked_doc, put_texts, refresh_search, save_doc
from runs.recording.texts import DESCRIPTION_TAG, RUN_NAME_TAG, put_description, put_name
from studio.database import now_ms, write_transaction


def set_tags(run: Run, tags: Mapping[str, str | None], author: Author) -> Run:
    """Add or overwrite tags (None: a bare tag); the others are left alone.

    The tags ``mlflow.runName`` and ``mlflow.note.content`` are the display name and the description, as MLflow's
    clients have it. Raises UserMistake for a key or value that cannot be kept; then no tag is set.
    """
    tags = clean_tags(tags)
    with write_transaction():
        run = fresh(run)
        refuse_unless_active(run)
        put_tags(run, tags, author)
    return run


def put_tags(run: Run, tags: Mapping[str, str | None], author: Author) -> None:
    """Inside a write transaction, on a run that `fresh` gave."""
    before = attribute_texts(run, KeyKind.TAG, tags)
    changed = {key: value for key, value in tags.items() if key not in before or before[key] != value}
    if not changed:
        return
    upsert_attributes(run, KeyKind.TAG, changed)
    numbers = key_ids(KeyKind.TAG, changed)
    count_keys(run.experiment_id, {numbers[key]: 1 for key in changed if key not in before})
    doc = locked_doc(run.pk)
    put_texts(doc, "t", changed)
    save_doc(run.pk, doc)
    record_edits(run, author, [Edit("tag", before.get(key), value, key) for key, value in changed.items()])
    if changed.get(RUN_NAME_TAG):
        put_name(run, clean_text(changed[RUN_NAME_TAG], RUN_NAME_TAG, RUN_NAME), author)
    if DESCRIPTION_TAG in changed:
        put_description(run, changed[DESCRIPTION_TAG] or "", author)
    _touch(run)
    refresh_search(run, doc)


def delete_tags(run: Run, keys: Iterable[str], author: Author) -> Run:
    """Remove tags. Raises NotFound, and removes none, when the run has no tag of one of those names."""
    keys = [clean_key(key, "tag key") for key in keys]
    with write_transaction():
        run = fresh(run)
        refuse_unless_active(run)
        before = attribute_texts(run, KeyKind.TAG, keys)
        if missing := [key for key in keys if key not in before]:
            raise NotFound(f"No tag with name: {missing[0]} in run with id {run.uid}", "key")
        numbers = key_ids(KeyKind.TAG, keys)
        RunAttr.objects.filter(
            experiment_id=run.experiment_id, run_id=run.pk, key_id__in=list(numbers.values())
        ).delete()
        count_keys(run.experiment_id, dict.fromkeys(numbers.values(), -1))
        doc = locked_doc(run.pk)
        for key in before:
            doc["t"].pop(key, None)
        save_doc(run.pk, doc)
        record_edits(run, author, [Edit("tag", before[key], None, key) for key in before])
        if DESCRIPTION_TAG in before:
            put_description(run, "", author)
        _touch(run)
        refresh_search(run, doc)
    return run


def log_params(run: Run, params: Mapping[str, str]) -> None:
    """Write parameters, each once: the same value again is fine, another one raises UserMistake and writes none."""
    params = clean_params(params)
    with write_transaction():
        run = fresh(run)
        refuse_unless_active(run)
        put_params(run, params)


def put_params(run: Run, params: Mapping[str, str]) -> None:
    """Inside a write transaction, on a run that `fresh` gave."""
    before = attribute_texts(run, KeyKind.PARAM, params)
    for key, value in params.items():
        if key in before and before[key] != value:
            raise UserMistake(
                f"Changing param values is not allowed. Param with key={key!r} was already logged with "
                f"value={before[key]!r} for run ID={run.uid!r}. Attempted logging new value {value!r}.",
                "params",
            )
    _insert_new(run, KeyKind.PARAM, "p", {key: value for key, value in params.items() if key not in before})


def add_properties(run: Run, properties: Mapping[str, str], author: Author) -> Run:
    """Add properties, which stand for ever. The same value again is fine; another raises Conflict and adds none."""
    properties = clean_properties(properties)
    with write_transaction():
        run = fresh(run)
        refuse_unless_active(run)
        before = attribute_texts(run, KeyKind.PROPERTY, properties)
        for key, value in properties.items():
            if key in before and before[key] != value:
                raise Conflict(
                    f"The property {key!r} is {before[key]!r} and cannot become {value!r}: properties never change.",
                    "properties",
                    current=before[key],
                )
        new = {key: value for key, value in properties.items() if key not in before}
        _insert_new(run, KeyKind.PROPERTY, "r", new)
        record_edits(run, author, [Edit("property", None, value, key) for key, value in new.items()])
    return run


def _insert_new(run: Run, kind: KeyKind, family: str, texts: Mapping[str, str]) -> None:
    if not texts:
        return
    used = insert_attributes(run, {kind: texts})
    count_keys(run.experiment_id, dict.fromkeys(used, 1))
    doc = locked_doc(run.pk)
    put_texts(doc, family, texts)
    save_doc(run.pk, doc)
    _touch(run)


def _touch(run: Run) -> None:
    run.change_seq = now_ms()
    run.save(update_fields=["change_seq"])
