"""How do a run's display name and description change? With history, and never over somebody else's edit."""

from runs.authors import Author
from runs.limits import DESCRIPTION, RUN_NAME, clean_text
from runs.markdown import RENDERER, render_markdown
from runs.mistakes import Conflict, UserMistake
from runs.models import KeyKind, Run, RunText
from runs.recording.attribute_rows import attribute_texts, upsert_attributes
from runs.recording.changes import Edit, record_edits
from runs.recording.locking import fresh
from runs.recording.run_doc import locked_doc, put_texts, refresh_search, save_doc
from studio.database import now_ms, write_transaction

# MLflow's clients read and write the display name and the description as these tags.
RUN_NAME_TAG = "mlflow.runName"
DESCRIPTION_TAG = "mlflow.note.content"


def rendered(description: str) -> tuple[str, int]:
    """A description as safe HTML, and the version of the renderer that made it."""
    return (render_markdown(description) if description else "", RENDERER)


def rename_run(run: Run, name: str, author: Author, *, expected: str | None = None) -> Run:
    """Give a run another display name. With ``expected``, raises Conflict if it is not what stands now."""
    name = clean_text(name, "name", RUN_NAME).strip()
    if not name:
        raise UserMistake("A run needs a name.", "name")
    with write_transaction():
        run = fresh(run)
        if expected is not None and run.name != expected:
            raise Conflict(f"Somebody renamed this run to {run.name!r} meanwhile.", "name", current=run.name)
        put_name(run, name, author)
        _mirror(run, RUN_NAME_TAG, name)
        refresh_search(run)
    return run


def describe_run(run: Run, description: str, author: Author, *, expected: str | None = None) -> Run:
    """Write a run's description. With ``expected``, raises Conflict carrying the text that stands now."""
    description = clean_text(description.replace("\r\n", "\n"), "description", DESCRIPTION)
    with write_transaction():
        run = fresh(run)
        if expected is not None:
            current = RunText.objects.values_list("description", flat=True).get(run_id=run.pk)
            if current.replace("\r\n", "\n") != expected.replace("\r\n", "\n"):
                raise Conflict("Somebody edited this description meanwhile.", "description", current=current)
        put_description(run, description, author)
        _mirror(run, DESCRIPTION_TAG, description)
        refresh_search(run)
    return run


def put_name(run: Run, name: str, author: Author) -> None:
    """Set the display name, with history. Inside a write transaction, on a run that `fresh` gave."""
    if run.name == name:
        return
    record_edits(run, author, [Edit("name", run.name, name)])
    run.name, run.change_seq = name, now_ms()
    run.save(update_fields=["name", "change_seq"])


def put_description(run: Run, description: str, author: Author) -> None:
    """Set and render the description, with history. Inside a write transaction, on a run that `fresh` gave."""
    text = RunText.objects.get(run_id=run.pk)
    if text.description == description:
        return
    record_edits(run, author, [Edit("description", text.description, description)])
    text.description = description
    text.html, text.renderer = rendered(description)
    text.save(update_fields=["description", "html", "renderer"])
    run.change_seq = now_ms()
    run.save(update_fields=["change_seq"])


def _mirror(run: Run, tag: str, text: str) -> None:
    """Keep the tag that MLflow's clients read in step, where the run has it."""
    if tag in attribute_texts(run, KeyKind.TAG, [tag]):
        upsert_attributes(run, KeyKind.TAG, {tag: text})
        doc = locked_doc(run.pk)
        put_texts(doc, "t", {tag: text})
        save_doc(run.pk, doc)
