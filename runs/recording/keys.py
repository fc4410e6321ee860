"""Which number stands for a name? Tag, parameter, property and metric names, submitters and computes, kept once.

Numbers never change, so each process remembers them; a number made in a transaction is remembered only once
that transaction is committed.
"""

from collections.abc import Iterable, Mapping

from django.db import models, transaction

from runs.models import Compute, Key, KeyKind, Submitter

_ids: dict[tuple[int, str], int] = {}
_names: dict[int, tuple[KeyKind, str]] = {}
_people: dict[tuple[str, int, str], int] = {}


def forget() -> None:
    """Empty this process's memory (tests roll their database back)."""
    _ids.clear()
    _names.clear()
    _people.clear()


def key_ids(kind: KeyKind, names: Iterable[str]) -> dict[str, int]:
    """The number of each name of this family, made where missing. Call inside a write transaction."""
    wanted = dict.fromkeys(names)
    found = known_key_ids(kind, wanted)
    missing = sorted(name for name in wanted if name not in found)  # one order for all: no deadlock
    if missing:
        Key.objects.bulk_create([Key(kind=kind, name=name) for name in missing], ignore_conflicts=True)
        found |= known_key_ids(kind, missing)
    return found


def known_key_ids(kind: KeyKind, names: Iterable[str]) -> dict[str, int]:
    """The numbers of those names that any run ever used; makes none. One query, or none."""
    names = list(names)
    found = {name: _ids[kind, name] for name in names if (kind, name) in _ids}
    unknown = [name for name in names if name not in found]
    if unknown:
        fresh = dict(Key.objects.filter(kind=kind, name__in=unknown).values_list("name", "id"))
        transaction.on_commit(lambda: _remember(kind, fresh))
        found |= fresh
    return found


def key_names(ids: Iterable[int]) -> dict[int, tuple[KeyKind, str]]:
    """Family and name of each number. One query, or none."""
    ids = list(ids)
    found = {number: _names[number] for number in ids if number in _names}
    unknown = [number for number in ids if number not in found]
    if unknown:
        for number, kind, name in Key.objects.filter(id__in=unknown).values_list("id", "kind", "name"):
            found[number] = (KeyKind(kind), name)
    return found


def _remember(kind: KeyKind, fresh: Mapping[str, int]) -> None:
    for name, number in fresh.items():
        _ids[kind, name] = number
        _names[number] = (kind, name)


def submitter_id(workspace_id: int, name: str) -> int:
    """The number of a submitter's name in a workspace, made where missing."""
    return _named(Submitter, workspace_id, name)


def compute_id(workspace_id: int, name: str) -> int:
    """The number of a compute target's name in a workspace, made where missing."""
    return _named(Compute, workspace_id, name)


def _named(model: type[models.Model], workspace_id: int, name: str) -> int:
    remembered = (model.__name__, workspace_id, name)
    if remembered in _people:
        return _people[remembered]
    manager = model._default_manager
    manager.bulk_create([model(workspace_id=workspace_id, name=name)], ignore_conflicts=True)
    number: int = manager.values_list("pk", flat=True).get(workspace_id=workspace_id, name=name)
    transaction.on_commit(lambda: _people.__setitem__(remembered, number))
    return number
