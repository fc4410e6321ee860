"""Which runs does a tree mean? A tree and a scope as SQL conditions on a run, and the ways to find runs by index.

Rules that hold throughout: every value is a bound parameter and no user string becomes an identifier; every
condition is two-valued, so NOT turns anything around; a condition on another table is a scalar subquery with LIMIT
(``… IS NOT NULL``), which neither database's planner turns into a join (data-measured.md 3.2: a plain EXISTS took 11
ms to 1.8 s for the same question).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from runs.models import KeyKind, Lifecycle
from runs.query_language.comparing import (
    duration_test,
    text_test,
    time_test,
)
from runs.query_language.sides import KnownKey, Side, side_of
from runs.query_language.sql import FALSE, TRUE, Sql, all_of, any_of, listed, opposite, value
from runs.query_language.tree import (
    And,
    Condition,
    Family,
    Flag,
    Me,
    Node,
    Not,
    Op,
    Or,
    StatusSet,
    Text,
    Value,
    Word,
    leaves,
)
from runs.statuses import TERMINAL, Status

KINDS = {
    Family.PARAM: KeyKind.PARAM,
    Family.METRIC: KeyKind.METRIC,
    Family.TAG: KeyKind.TAG,
    Family.PROPERTY: KeyKind.PROPERTY,
}
SHORTEST_INDEXED_TEXT = 3
_KNOWS_LOWER = "_knows_studio_lower"
_ENDED = ", ".join(str(int(status)) for status in sorted(TERMINAL))

# Run ids are (ms since 2020) * 256 and run ahead of the clock by at most 10 s (recording.run_ids; a test compares).
ID_EPOCH_MS = 1_577_836_800_000
ID_AHEAD_MS = 10_001


@dataclass(frozen=True, slots=True)
class Scope:
    """Where is looked: a workspace, all of its experiments or only ``experiments``, as ``person`` at ``now_ms``.

    ``lifecycles`` are the states of life that are let in; ``roots_only`` leaves child runs out.
    """

    workspace_id: int
    experiments: tuple[int, ...] | None
    now_ms: int
    person_id: int | None = None
    person_name: str = ""
    lifecycles: tuple[int, ...] = (int(Lifecycle.ACTIVE),)
    roots_only: bool = False

    @property
    def experiment(self) -> int | None:
        """The only experiment, if there is just one."""
        return self.experiments[0] if self.experiments is not None and len(self.experiments) == 1 else None


KeyName = tuple[KeyKind, str]
Keys = dict[KeyName, KnownKey]


def key_name(condition: Condition) -> KeyName | None:
    """Which interned name a condition speaks of, if any."""
    kind = KINDS.get(condition.field.family)
    return None if kind is None else (kind, condition.field.key)


def known_keys(names: Iterable[KeyName], scope: Scope) -> Keys:
    """Those of ``names`` that some run in the scope uses. One statement, or none."""
    wanted: dict[KeyKind, list[str]] = {}
    for kind, name in dict.fromkeys(names):
        wanted.setdefault(kind, []).append(name)
    if not wanted:
        return {}
    which = any_of(Sql("(k.kind = %s AND k.name IN ", (int(kind),)) + listed(n) + ")" for kind, n in wanted.items())
    statement = (
        "SELECT k.kind, k.name, k.id, (SELECT SUM(x.n) FROM runs_experimentkey x WHERE x.key_id = k.id AND "
        + experiments_test("x.experiment_id", scope)
        + ") FROM runs_key k WHERE "
        + which
    )
    return {(KeyKind(kind), name): KnownKey(number, int(n)) for kind, name, number, n in rows_of(statement) if n}


def rows_of(statement: Sql) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    prepare_connection()
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def prepare_connection() -> None:
    """Give a SQLite connection ``studio_lower``, which knows all letters (its own lower() knows ASCII)."""
    if connection.vendor != "sqlite":
        return
    connection.ensure_connection()
    raw = connection.connection
    if getattr(connection, _KNOWS_LOWER, None) is not raw:
        raw.create_function("studio_lower", 1, lambda text: None if text is None else text.lower(), deterministic=True)
        setattr(connection, _KNOWS_LOWER, raw)


def experiments_test(column: str, scope: Scope) -> Sql:
    """That a column of another table names an experiment of the scope."""
    if scope.experiment is not None:
        return f"{column} = " + value(scope.experiment)
    if scope.experiments is not None:
        return f"{column} IN " + listed(scope.experiments) if scope.experiments else FALSE
    return f"{column} IN (SELECT e.id FROM runs_experiment e WHERE e.workspace_id = " + value(scope.workspace_id) + ")"


@dataclass
class Reader:
    """Turns nodes into conditions on the run ``r``, and remembers which of its columns they read."""

    scope: Scope
    keys: Keys
    postgres: bool
    columns: set[str] = field(default_factory=lambda: {"id"})
    known: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """A column of the run, or what ``known`` says stands for it."""
        self.columns.add(name)
        return self.known.get(name, f"r.{name}")

    def experiment(self) -> Sql:
        """The run's experiment: a constant where the scope has one."""
        if self.scope.experiment is not None:
            return value(self.scope.experiment)
        return Sql(self.column("experiment_id"))

    def condition(self, node: Node) -> Sql:
        """``node`` as a two-valued condition on ``r``."""
        match node:
            case And(parts):
                return all_of(self.condition(part) for part in parts)
            case Or(parts):
                return any_of(self.condition(part) for part in parts)
            case Not(part):
                return opposite(self.condition(part))
            case Text(text):
                return self.free_text(text)
            case Condition():
                return self.leaf(node)

    def free_text(self, text: str) -> Sql:
        """Anywhere in the run's search text; under three letters the index cannot help: the start of its name."""
        folded = text.casefold()
        if len(folded) < SHORTEST_INDEXED_TEXT:
            lower = "lower" if self.postgres else "studio_lower"
            start = text.lower()
            return f"substr({lower}({self.column('name')}), 1, {len(start)}) = " + value(start)
        find = "strpos" if self.postgres else "instr"
        return (
            f"(SELECT 1 FROM runs_runtext t WHERE t.run_id = {self.column('id')} AND {find}(t.search, "
            + value(folded)
            + ") > 0 LIMIT 1) IS NOT NULL"
        )

    def leaf(self, condition: Condition) -> Sql:
        """One comparison."""
        if condition.field.family is Family.ATTRIBUTE:
            return self.attribute(condition)
        if condition.field.family is Family.DATASET:
            return self.dataset(condition)
        name = key_name(condition)
        known = self.keys.get(name) if name else None
        if known is None:
            return TRUE if condition.op is Op.MISSING else FALSE
        side = side_of(condition, known, self.postgres)
        held = self.probe(side)
        return opposite(held) if condition.op is Op.MISSING else held

    def probe(self, side: Side) -> Sql:
        """That the run has such a row in a side table."""
        test = Sql("") if side.test is TRUE else " AND " + side.test
        return (
            f"(SELECT 1 FROM {side.table} x WHERE x.experiment_id = "
            + self.experiment()
            + f" AND x.run_id = {self.column('id')} AND x.key_id = "
            + value(side.key_id)
            + test
            + " LIMIT 1) IS NOT NULL"
        )

    def dataset(self, condition: Condition) -> Sql:
        """A dataset that went into the run."""
        context = (
            "i.tags ->> 'mlflow.data.context'" if self.postgres else "json_extract(i.tags, '$.\"mlflow.data.context\"')"
        )
        column = {"name": "d.name", "digest": "d.digest", "context": context}[condition.field.key]
        test = TRUE
        if condition.op not in (Op.EXISTS, Op.MISSING):
            test = " AND " + text_test(column, condition.op, condition.values, postgres=self.postgres)
        elif condition.field.key == "context":
            test = Sql(f" AND {column} IS NOT NULL")
        held = (
            "(SELECT 1 FROM runs_rundataset i JOIN runs_dataset d ON d.id = i.dataset_id "
            f"WHERE i.run_id = {self.column('id')}" + (Sql("") if test is TRUE else test) + " LIMIT 1) IS NOT NULL"
        )
        return opposite(held) if condition.op is Op.MISSING else held

    def attribute(self, condition: Condition) -> Sql:
        """One of the run's own fields."""
        key, op, values = condition.field.key, condition.op, condition.values
        match key:
            case "status":
                return self.status(op, values)
            case "created" | "started" | "ended":
                column = self.column(key)
                return self.presence(column, op) or time_test(column, op, values, self.scope.now_ms)
            case "duration":
                column = self.duration()
                return self.presence(column, op) or duration_test(column, op, values)
            case "archived":
                return Sql(f"{self.column('lifecycle')} {self.yes(op, values)} {int(Lifecycle.ARCHIVED)}")
            case "favourite":
                return self.favourite(self.yes(op, values) == "=")
            case "submitter":
                return self.named("submitter_id", "runs_submitter", op, self.without_me(values))
            case "compute":
                return self.named("compute_id", "runs_compute", op, values)
            case "experiment":
                return self.named("experiment_id", "runs_experiment", op, values)
            case "parent" | "root":
                return self.relative(f"{key}_id", op, values)
            case "description":
                return self.description(op, values)
            case "artifact_uri":
                return self.artifact_uri(op, values)
        column = self.column({"id": "uid"}.get(key, key))
        return self.text_column(column, op, values)

    @staticmethod
    def presence(column: str, op: Op) -> Sql | None:
        """IS NULL and IS NOT NULL."""
        if op is Op.EXISTS:
            return Sql(f"{column} IS NOT NULL")
        return Sql(f"{column} IS NULL") if op is Op.MISSING else None

    def text_column(self, column: str, op: Op, values: tuple[Value, ...]) -> Sql:
        """A text of the run that is never null: an empty one counts as missing."""
        if op is Op.EXISTS or op is Op.MISSING:
            return Sql(f"{column} {'<>' if op is Op.EXISTS else '='} ''")
        test = text_test(column, op, values, postgres=self.postgres)
        return all_of([Sql(f"{column} <> ''"), test]) if op.startswith(("NOT", "!")) else test

    def status(self, op: Op, values: tuple[Value, ...]) -> Sql:
        """Every run has a status."""
        column = self.column("status")
        if op in (Op.EXISTS, Op.MISSING):
            return TRUE if op is Op.EXISTS else FALSE
        negative = op in (Op.NOT_EQUAL, Op.NOT_IN)
        return f"{column} {'NOT IN' if negative else 'IN'} " + listed(int(status) for status in statuses_in(values))

    def duration(self) -> str:
        """How long it ran, in ms; a run that goes on counts until now."""
        started, ended, status = self.column("started"), self.column("ended"), self.column("status")
        now = int(self.scope.now_ms)
        return (
            f"(CASE WHEN {ended} IS NOT NULL THEN {ended} - {started} "
            f"WHEN {status} NOT IN ({_ENDED}) THEN {now} - {started} END)"
        )

    @staticmethod
    def yes(op: Op, values: tuple[Value, ...]) -> str:
        """``=`` when the condition says yes, ``<>`` when it says no."""
        given = values[0]
        return "=" if (isinstance(given, Flag) and given.value) == (op is Op.EQUAL) else "<>"

    def favourite(self, wanted: bool) -> Sql:
        """Starred by the one who asks."""
        if self.scope.person_id is None:
            return FALSE if wanted else TRUE
        held = (
            f"(SELECT 1 FROM runs_favourite f WHERE f.run_id = {self.column('id')} AND f.person_id = "
            + value(self.scope.person_id)
            + " LIMIT 1) IS NOT NULL"
        )
        return held if wanted else opposite(held)

    def without_me(self, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """``me`` as the name of the one who asks (one that nobody has, when nobody does)."""
        return tuple(Word(self.scope.person_name or "\ufffe") if isinstance(given, Me) else given for given in values)

    def named(self, column: str, table: str, op: Op, values: tuple[Value, ...]) -> Sql:
        """A field whose text stands once in a table of names."""
        mine = self.column(column)
        if op in (Op.EXISTS, Op.MISSING):
            return Sql(f"{mine} IS {'NOT ' if op is Op.EXISTS else ''}NULL")
        return all_of(
            [Sql(f"{mine} IS NOT NULL"), f"{mine} " + names_test(table, op, values, self.scope, self.postgres)]
        )

    def relative(self, column: str, op: Op, values: tuple[Value, ...]) -> Sql:
        """The parent or the topmost run, by its public id."""
        mine = self.column(column)
        if found := self.presence(mine, op):
            return found
        if op is Op.EQUAL or op is Op.IN:
            test = text_test("p.uid", op, values, postgres=self.postgres)
            return all_of([Sql(f"{mine} IS NOT NULL"), f"{mine} IN (SELECT p.id FROM runs_run p WHERE " + test + ")"])
        test = text_test("p.uid", op, values, postgres=self.postgres)
        return f"(SELECT 1 FROM runs_run p WHERE p.id = {mine} AND " + test + " LIMIT 1) IS NOT NULL"

    def description(self, op: Op, values: tuple[Value, ...]) -> Sql:
        """What people wrote about the run; an empty one is missing."""
        if op is Op.MISSING:
            return opposite(self.description(Op.EXISTS, ()))
        test = Sql("t.description <> ''")
        if op is not Op.EXISTS:
            test = all_of([test, text_test("t.description", op, values, postgres=self.postgres)])
        return (
            f"(SELECT 1 FROM runs_runtext t WHERE t.run_id = {self.column('id')} AND " + test + " LIMIT 1) IS NOT NULL"
        )

    def artifact_uri(self, op: Op, values: tuple[Value, ...]) -> Sql:
        """Where MLflow clients find the run's artifacts."""
        if op in (Op.EXISTS, Op.MISSING):
            return TRUE if op is Op.EXISTS else FALSE
        uri = "e.artifact_location || '/' || " + self.column("uid") + " || '/artifacts'"
        test = text_test(f"({uri})", op, values, postgres=self.postgres)
        return (
            f"(SELECT 1 FROM runs_experiment e WHERE e.id = {self.column('experiment_id')} AND "
            + test
            + " LIMIT 1) IS NOT NULL"
        )


def names_test(table: str, op: Op, values: tuple[Value, ...], scope: Scope, postgres: bool) -> Sql:
    """``= (…)`` or ``IN (…)``: the numbers of the names in ``table`` that pass. One equal name is one number."""
    test = text_test("n.name", op, values, postgres=postgres)
    inner = f"(SELECT n.id FROM {table} n WHERE n.workspace_id = " + value(scope.workspace_id) + " AND " + test + ")"
    return ("= " if op is Op.EQUAL else "IN ") + inner


def statuses_in(values: tuple[Value, ...]) -> list[Status]:
    """The states that the values name."""
    return sorted({status for given in values if isinstance(given, StatusSet) for status in given.statuses})


def unknown_names(tree: Node | None, keys: Keys) -> list[Condition]:
    """The conditions that speak of a name which no run of the scope uses: they match nothing, and deserve a warning."""
    found = []
    for leaf in leaves(tree):
        if isinstance(leaf, Condition):
            name = key_name(leaf)
            if name is not None and name not in keys:
                found.append(leaf)
    return found
