"""What does a list row show? The run's document, and its search text, kept beside the side tables."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from runs.limits import INDEXED_TEXT
from runs.models import Run, RunDoc, RunText
from runs.statuses import Status
from studio.database import is_postgres

Doc = dict[str, Any]
SEARCHED_TAGS = 20_000


def shown(text: str | None) -> str | None:
    """The part of an attribute's text that a document holds; the whole of a longer one stands in `RunAttr.long`."""
    return text[:INDEXED_TEXT] if text is not None else None


def new_doc(tags: Mapping[str, str | None], params: Mapping[str, str], properties: Mapping[str, str]) -> Doc:
    """The document of a run with these attributes and no metric yet."""
    families = {"t": tags, "p": params, "r": properties}
    doc: Doc = {name: {key: shown(value) for key, value in family.items()} for name, family in families.items()}
    doc["m"] = {}
    if any(len(value or "") > INDEXED_TEXT for family in families.values() for value in family.values()):
        doc["x"] = 1
    return doc


def dump(doc: Doc) -> str:
    """A document as it is kept."""
    return orjson.dumps(doc).decode()


def locked_doc(run_id: int) -> Doc:
    """A run's document, locked until the transaction ends."""
    rows = RunDoc.objects.filter(run_id=run_id)
    if is_postgres():
        rows = rows.select_for_update(no_key=True)
    doc: Doc = orjson.loads(rows.values_list("doc", flat=True).get())
    return doc


def save_doc(run_id: int, doc: Doc) -> None:
    """Keep a document that `locked_doc` gave."""
    RunDoc.objects.filter(run_id=run_id).update(doc=dump(doc))


def update_doc(run_id: int, change: Callable[[Doc], None]) -> None:
    """Let ``change`` edit a run's document in place. Call inside a write transaction."""
    doc = locked_doc(run_id)
    change(doc)
    save_doc(run_id, doc)


def put_texts(doc: Doc, family: str, texts: Mapping[str, str | None]) -> None:
    """Set texts of a family (t, p or r) in a document."""
    doc[family] |= {key: shown(value) for key, value in texts.items()}
    if any(len(value or "") > INDEXED_TEXT for value in texts.values()):
        doc["x"] = 1


def search_text(run: Run, description: str, doc: Doc) -> str:
    """What free search looks in: names, description, status, id and tags, casefolded.

    Casefolded here because SQLite's lower() knows ASCII only.
    """
    tags = "\n".join(f"{key} {value or ''}" for key, value in doc["t"].items())[:SEARCHED_TAGS]
    parts = (
        run.name,
        description,
        run.experiment.name,
        run.submitter.name,
        Status(run.status).word,
        run.uid,
        tags,
    )
    return "\n".join(parts).casefold()


def refresh_search(run: Run, doc: Doc | None = None, description: str | None = None) -> None:
    """Rewrite a run's search text after something in it changed. Call inside a write transaction."""
    if description is None:
        description = RunText.objects.values_list("description", flat=True).get(run_id=run.pk)
    if doc is None:
        doc = orjson.loads(RunDoc.objects.values_list("doc", flat=True).get(run_id=run.pk))
    RunText.objects.filter(run_id=run.pk).update(search=search_text(run, description, doc))
