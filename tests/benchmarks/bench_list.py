"""How fast is the run list? ``python -m tests.benchmarks.bench_list`` on a database that `fill` filled.

Times each question of data.md's list bars: the reading layer (`find_runs` and its kin, all statements and rows), the
whole page through Django's test client, and the bare SQL of the reference beside it in the same minute. Writes
``results/list-<database>-<runs>.json``; ``--table`` makes the tables of docs/benchmarks.md from those files.
"""

import argparse
import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
os.environ.setdefault("STUDIO_ALLOWED_HOSTS", "testserver,localhost")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from runs.models import Experiment, Key, KeyKind, Person, Run, Workspace  # noqa: E402
from runs.reading.columns import default_columns, keys_of  # noqa: E402
from runs.reading.find_runs import count_runs, find_runs  # noqa: E402
from runs.reading.run_search import RunSearch  # noqa: E402
from runs.reading.status_counts import status_counts  # noqa: E402
from studio.database import is_postgres  # noqa: E402
from tests.benchmarks import made_up_runs as made_up  # noqa: E402

RESULTS = Path(__file__).parent / "results"
TIMES, SECONDS = int(os.environ.get("BENCH_TIMES", "25")), 4.0
WORDS = made_up.words()
BIG, MIDDLE, ALL = 1, 5, 0
PLACES = {BIG: "20 %", MIDDLE: "1 %", ALL: "all"}


@dataclass
class Case:
    """A question, asked with new values each time. ``bar`` in ms (p95)."""

    name: str
    place: int
    given: Callable[[random.Random], dict[str, str]]
    bar: float
    raw: Callable[[random.Random], tuple[str, list[Any]]] | None = None


def q(text: str) -> Callable[[random.Random], dict[str, str]]:
    """A query whose {braces} are filled in with random values."""

    def make(chance: random.Random) -> dict[str, str]:
        fillings = {
            "ticket": f"tic-{chance.randrange(20000)}",
            "cohort": f"coh-{chance.randrange(10)}",
            "region": f"reg-{chance.randrange(12)}",
            "stage": f"sta-{chance.randrange(3)}",
            "model": chance.choice(made_up.MODELS),
            "person": made_up.submitter_name(chance.randrange(1, 300), WORDS),
            "hash": f"{chance.getrandbits(32):08x}",
            "rare": WORDS[chance.randrange(4000, 5000)],
            "mid": WORDS[chance.randrange(100, 200)],
            "common": WORDS[chance.randrange(5)],
            "piece": WORDS[chance.randrange(300, 3000)][1:5],
            "word": WORDS[chance.randrange(30)],
            "other": WORDS[chance.randrange(30)],
        }
        return {"q": text.format(**fillings)}

    return make


def sort(text: str, query: str = "") -> Callable[[random.Random], dict[str, str]]:
    def make(chance: random.Random) -> dict[str, str]:
        asked = q(query)(chance) if query else {}
        return {**asked, "sort": text.format(metric=chance.choice(made_up.METRICS)), "nest": "0"}

    return make


def ids(statement: str, *params: Any) -> Callable[[random.Random], tuple[str, list[Any]]]:
    return lambda chance: (statement, [p(chance) if callable(p) else p for p in params])


def key(kind: KeyKind, name: str) -> int:
    return made_up.KEY_ID[kind, name]


def tag_sql(name: str, text: Callable[[random.Random], str] | str, place: int) -> Any:
    number = key(KeyKind.TAG, name)
    where = (
        "x.experiment_id = %s"
        if place
        else "x.experiment_id IN (SELECT experiment_id FROM runs_experimentkey WHERE key_id = %s)"
    )
    return ids(
        f"SELECT x.run_id FROM runs_runattr x WHERE {where} AND x.key_id = %s AND x.txt = %s "
        "ORDER BY x.run_id DESC LIMIT 51",
        place or number, number, text,
    )  # fmt: skip


FILTERS = [
    ("1: common tag", "tag.stage:sta-0", 30),
    ("1: 1 % tag", "tag.cohort:{cohort}", 30),
    ("1: rare tag", "tag.ticket:{ticket}", 30),
    ("1: metric range", "metric.accuracy > 0.95", 30),
    ("1: parameter range", "param.lr < 0.00002", 30),
    ("1: status", "status:failed", 30),
    ("1: submitter", "submitter:{person}", 30),
    ("1: NOT has a tag", "NOT has:tag.stage", 30),
    ("1: text contains in a parameter", "param.model ~ net", 30),
    ("2: two 1 % tags", "tag.cohort:{cohort} tag.region:{region}", 50),
    ("2: OR", "tag.cohort:{cohort} OR param.model = {model}", 50),
    ("3: metric > .7, parameter, has tag", "metric.accuracy > 0.7 param.model = {model} has:tag.team", 50),
    ("3: metric > .95, parameter, has tag", "metric.accuracy > 0.95 param.model = {model} has:tag.shard", 50),
    ("3: metric > .9, parameter, tag", "metric.accuracy > 0.9 param.model = {model} tag.stage:{stage}", 50),
    ("3: common tags", "tag.stage:sta-0 tag.priority:pri-1 tag.gpu:gpu-2", 50),
    ("4: tags, nothing matches", "tag.stage:sta-0 tag.priority:pri-3 tag.gpu:gpu-5 tag.region:reg-11", 50),
    ("5: conditions", "metric.accuracy > 0.6 metric.f1 > 0.8 param.optimizer = adam tag.stage:sta-0 "
     "param.dataset = ds-03", 50),
    ("correlated: nothing matches", "metric.accuracy > 0.9 metric.loss > 1", 50),
]  # fmt: skip
TEXTS = [
    ("unique hash", "{hash}"), ("rare word", "{rare}"), ("middling word", "{mid}"), ("common word", "{common}"),
    ("state", "completed"), ("4 letters of a word", "{piece}"), ("two words", "{word} {other}"), ("absent", "zzqxj"),
    ("two letters: name prefix", "zz"),
]  # fmt: skip


def cases() -> list[Case]:
    newest = "SELECT r.id FROM runs_run r WHERE r.{0} = %s AND r.lifecycle = 0 ORDER BY r.id DESC LIMIT 51"
    by_metric = (
        "SELECT run_id, last FROM runs_runmetric WHERE experiment_id = %s AND key_id = %s AND last IS NOT NULL "
        "ORDER BY last DESC, run_id DESC LIMIT 51"
    )
    found = []
    for place in (MIDDLE, BIG, ALL):
        column, value = ("experiment_id", place) if place else ("workspace_id", 1)
        raw = ids(newest.format(column), value)
        found.append(Case("first page", place, lambda _: {"nest": "0"}, 20, raw))
        found.append(Case("first page, nested", place, lambda _: {}, 20, raw))
        for name, text, bar in FILTERS:
            reference = None
            if text.startswith("tag.stage:sta-0") and " " not in text:
                reference = tag_sql("stage", "sta-0", place)
            elif text.startswith("tag.cohort") and " " not in text:
                reference = tag_sql("cohort", lambda c: f"coh-{c.randrange(10)}", place)
            elif text.startswith("tag.ticket"):
                reference = tag_sql("ticket", lambda c: f"tic-{c.randrange(20000)}", place)
            limit = bar if place else {30: 50, 50: 100}[bar]
            found.append(Case(name, place, q(text), limit, reference))
        metric = ids(by_metric, place, lambda c: key(KeyKind.METRIC, c.choice(made_up.METRICS))) if place else None
        bar = 30 if place else 50
        found.append(Case("sort: metric", place, sort("-{metric}".replace("{", "metric.{")), bar, metric))
        found.append(Case("sort: min(metric)", place, sort("min(metric.{metric})"), bar))
        found.append(Case("sort: parameter", place, sort("-param.lr"), bar))
        found.append(Case("sort: start", place, sort("-started"), bar))
        found.append(Case("sort: metric, one state", place, sort("-metric.{metric}", "status:failed"), 50))
        found.append(Case("sort: metric, 1 % tag", place, sort("-metric.{metric}", "tag.cohort:{cohort}"), 50))
        found.append(Case("sort: duration (no index)", place, sort("-duration"), 100))
        found += [Case(f"text: {name}", place, q(text), 50) for name, text in TEXTS]
    return found


def measure(ask: Callable[[random.Random], Any], seed: int = 5) -> dict[str, Any]:
    """p50 and p95 of wall time, and p50 of CPU time, in ms."""
    chance = random.Random(seed)
    ask(chance)
    wall, cpu, answer, begun = [], [], None, time.perf_counter()
    while len(wall) < TIMES and time.perf_counter() - begun < SECONDS:
        c, t = cpu_seconds(), time.perf_counter()
        answer = ask(chance)
        wall.append((time.perf_counter() - t) * 1e3)
        cpu.append((cpu_seconds() - c) * 1e3)
    return {"n": len(wall), "p50": at(wall, 50), "p95": at(wall, 95), "cpu": at(cpu, 50), "answer": answer}


def cpu_seconds() -> float:
    """CPU time of this process and of its PostgreSQL back end (wall times of a shared machine say little)."""
    if not is_postgres():
        return time.process_time()
    back_end = connection.connection.info.backend_pid if connection.connection is not None else None
    told = Path(f"/proc/{back_end}/schedstat").read_text() if back_end else "0"
    return time.process_time() + int(told.split()[0]) / 1e9


def at(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))], 2)


def raw_rows(statement: str, params: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return len(cursor.fetchall())


class Bench:
    """The filled database, and who asks."""

    def __init__(self, only: str, *, pages: bool) -> None:
        self.only, self.pages = only, pages
        self.workspace = Workspace.objects.get(name="bench")
        self.person = Person.objects.get(username="bench")
        self.experiments: dict[int, Experiment | None] = {e.pk: e for e in Experiment.objects.all()}
        self.experiments[ALL] = None
        settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
        self.client = Client()
        self.client.force_login(self.person)
        self.results: list[dict[str, Any]] = []

    def path(self, place: int) -> str:
        experiment = self.experiments[place]
        return f"/w/bench/experiments/{experiment.name}" if experiment else "/w/bench/runs"

    def note(self, name: str, place: int, bar: float, **figures: Any) -> None:
        line = {"name": name, "place": PLACES[place], "bar": bar, **figures}
        self.results.append(line)
        print(json.dumps(line), flush=True)

    def list_case(self, case: Case) -> None:
        experiment = self.experiments[case.place]
        columns = default_columns(self.workspace, experiment)

        def ask(chance: random.Random) -> Any:
            search = RunSearch.from_query(case.given(chance))
            return find_runs(self.workspace, search, experiment=experiment, person=self.person, columns=columns)

        def whole(chance: random.Random) -> int:
            return self.client.get(f"{self.path(case.place)}?{urlencode(case.given(chance))}").status_code

        read = measure(ask)
        page = read.pop("answer")
        figures: dict[str, Any] = {"read": read, "rows": len(page.rows), "complete": page.complete}
        page_figures = measure(whole) if self.pages else {}
        if page_figures.get("answer") == 200:
            figures["page"] = {k: v for k, v in page_figures.items() if k != "answer"}
        if case.raw is not None:
            raw = case.raw
            reference = measure(lambda chance: raw_rows(*raw(chance)))
            figures["raw"] = {k: v for k, v in reference.items() if k != "answer"}
        self.note(case.name, case.place, case.bar, **figures)

    def other(self, name: str, place: int, bar: float, ask: Callable[[random.Random], Any]) -> None:
        if self.only in name:
            read = measure(ask)
            answer = read.pop("answer")
            self.note(name, place, bar, read=read, rows=answer if isinstance(answer, int) else None)

    def others(self) -> None:
        for place in (MIDDLE, BIG, ALL):
            where = (self.workspace, self.experiments[place])
            bar = 30 if place else 50
            self.other("count: all", place, bar, self.count("", place))
            self.other("count: common tag", place, bar, self.count("tag.stage:sta-0", place))
            self.other("count: three conditions", place, 100, self.count(FILTERS[11][1], place))
            self.other("states", place, bar, lambda _, where=where: status_counts(*where))
            self.other("key completion", place, bar, lambda _, w=where: len(keys_of(*w, KeyKind.METRIC, "lo", 20)))
            self.other("default columns", place, bar, lambda _, where=where: default_columns(*where))
            self.other("page in the depth", place, bar, self.deep(place))

    def count(self, text: str, place: int) -> Callable[[random.Random], Any]:
        """The capped count of a query."""
        where = self.experiments[place]
        return lambda c: count_runs(self.workspace, RunSearch.from_query(q(text)(c)), experiment=where).n

    def deep(self, place: int) -> Callable[[random.Random], Any]:
        """A page far back."""
        from runs.reading.cursors import Cursor

        first, last = Run.objects.order_by("id").values_list("id", flat=True)[0], Run.objects.latest("id").pk
        e = self.experiments[place]

        def ask(chance: random.Random) -> Any:
            where = first + int((last - first) * chance.uniform(0.05, 0.15))
            search = RunSearch(nest=False, after=Cursor("", (), where))
            return len(find_runs(self.workspace, search, experiment=e, person=self.person).rows)

        return ask


def table() -> str:
    """The tables of docs/benchmarks.md, from the files of results."""
    lines = []
    for file in sorted(RESULTS.glob("list-*.json")):
        told = json.loads(file.read_text())
        lines += [f"\n### {told['database']}, {told['runs']:,} runs ({told['when']}, load {told['load']:.0f})\n"]
        lines += [
            "| question | where | bar | list CPU | list p50 / p95 | page CPU | page p50 / p95 | bare SQL CPU | rows |"
        ]
        lines += ["|---|---|---|---|---|---|---|---|---|"]
        lines += [_line(case) for case in told["cases"]]
    return "\n".join(lines)


def _line(case: dict[str, Any]) -> str:
    read, page = case["read"], case.get("page") or {}
    whole = f"{page['p50']} / {page['p95']}" if page else ""
    rows = f"{case.get('rows') or 0}{'' if case.get('complete', True) else ', partial'}"
    figures = [
        read["cpu"],
        f"{read['p50']} / {read['p95']}",
        page.get("cpu", ""),
        whole,
        case.get("raw", {}).get("cpu", ""),
    ]
    return "| " + " | ".join(str(part) for part in (case["name"], case["place"], case["bar"], *figures, rows)) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--place", default="", help="20 %%, 1 %% or all")
    parser.add_argument("--no-page", action="store_true", help="only the reading layer and the bare SQL")
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    if given.table:
        print(table())
        return
    bench = Bench(given.only, pages=not given.no_page)
    for case in cases():
        if given.only in case.name and given.place in PLACES[case.place]:
            bench.list_case(case)
    if not given.place:
        bench.others()
    if not given.only and not given.place:
        runs, kind = Run.objects.count(), "PostgreSQL" if is_postgres() else "SQLite"
        RESULTS.mkdir(exist_ok=True)
        told = {"database": kind, "runs": runs, "when": time.strftime("%Y-%m-%d"), "load": os.getloadavg()[0]}
        file = RESULTS / f"list-{kind.lower()}-{runs}.json"
        file.write_text(json.dumps({**told, "keys": Key.objects.count(), "cases": bench.results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
