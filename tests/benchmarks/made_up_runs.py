"""Which runs do the benchmarks look at? The same made-up ones on every machine: seeded, 27 values a run.

200 experiments (of 20, 10 and 5 % of the runs, ten of 1 %, the rest alike), 10 parameters, 10 metrics, 5 tags of 30
keys with 2 to 50,000 values each, 2 properties, a fifth child runs, a fifth with a description.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

from runs.models import KeyKind
from runs.recording.run_ids import EPOCH_MS
from runs.statuses import Status

EXPERIMENTS, SUBMITTERS, COMPUTES = 200, 300, 40
STATUSES = [Status.COMPLETED, Status.FAILED, Status.CANCELED, Status.RUNNING, Status.QUEUED, Status.NOT_STARTED]
STATUS_SHARES = [0.72, 0.16, 0.06, 0.03, 0.02, 0.01]
PARAMS = ["lr", "batch_size", "optimizer", "model", "seed", "dropout", "weight_decay", "dataset"]
METRICS = ["loss", "accuracy", "val_loss", "val_accuracy", "f1", "auc", "epoch_time", "gpu_util", "grad_norm"]
TAGS = (
    "team stage owner project release priority reviewed gpu region data_version branch ticket cost_center customer "
    "purpose baseline cohort fold variant sweep trigger framework precision nodes image license paper audit campaign "
    "shard"
).split()
TAG_VALUES = [8, 3, 300, 60, 40, 4, 2, 6, 12, 50, 400, 50000, 25, 200, 5, 2, 10, 10, 30, 2000, 4, 6, 4, 8, 100, 5, 500,
              3, 90, 64]  # fmt: skip
PROPERTIES = ["git.commit", "image.digest"]
OPTIMIZERS = ["adam", "sgd", "adamw", "lamb"]
MODELS = ["resnet18", "resnet50", "vit_b16", "bert-base", "gpt2", "t5-small", "xgboost", "lightgbm", "mlp", "unet",
          "yolov8", "convnext"]  # fmt: skip
FIRST_MS = 1_700_000_000_000
EVERY_MS = 30_000
KEYS: list[tuple[int, int, str]] = []


def _number_keys() -> dict[tuple[KeyKind, str], int]:
    own = [(KeyKind.PARAM, f"exp{e}.p{j}") for e in range(1, EXPERIMENTS + 1) for j in range(5)]
    own += [(KeyKind.METRIC, f"exp{e}.m{j}") for e in range(1, EXPERIMENTS + 1) for j in range(5)]
    named = [(KeyKind.PARAM, n) for n in PARAMS] + [(KeyKind.METRIC, n) for n in METRICS]
    named += [(KeyKind.TAG, n) for n in TAGS] + [(KeyKind.PROPERTY, n) for n in PROPERTIES] + own
    KEYS.extend((i, int(kind), name) for i, (kind, name) in enumerate(named, 1))
    return {key: i for i, key in enumerate(named, 1)}


KEY_ID = _number_keys()


def words() -> list[str]:
    """5,000 made-up words."""
    chance = np.random.default_rng(7)
    consonants, vowels = list("bcdfghjklmnprstvwz"), list("aeiou")
    found: set[str] = set()
    while len(found) < 5000:
        length = chance.integers(2, 5)
        found.add("".join(str(chance.choice(consonants)) + str(chance.choice(vowels)) for _ in range(length)))
    listed = sorted(found)
    chance.shuffle(listed)
    return listed


@dataclass
class Rows:
    """One chunk of rows, table by table, in the order of `fill.TABLES`."""

    runs: list[tuple[Any, ...]] = field(default_factory=list)
    attrs: list[tuple[Any, ...]] = field(default_factory=list)
    metrics: list[tuple[Any, ...]] = field(default_factory=list)
    docs: list[tuple[Any, ...]] = field(default_factory=list)
    texts: list[tuple[Any, ...]] = field(default_factory=list)


def experiment_name(number: int, names: list[str]) -> str:
    """What the experiment with this number is called."""
    return f"experiment-{number:03d}-{names[number]}"


def submitter_name(number: int, names: list[str]) -> str:
    """What the submitter with this number is called."""
    return f"{names[300 + number]}.{names[900 + number]}"


def chunks(many: int, workspace: int, size: int = 20_000) -> Iterator[Rows]:
    """All rows of ``many`` runs, ``size`` runs at a time, oldest first."""
    listed = np.array(words())
    shares = np.array([200e3, 100e3, 50e3] + [10e3] * 10 + [550e3 / 187] * 187)
    for start in range(0, many, size):
        yield _chunk(start, min(size, many - start), shares / shares.sum(), listed, workspace)


def _chunk(start: int, many: int, shares: Any, listed: Any, workspace: int) -> Rows:
    """One long function: every column is drawn as an array first, which is what makes it fast."""
    r = np.random.default_rng([1, start])
    names = listed.tolist()
    zipf = 1 / np.arange(1, 5001) ** 0.8
    zipf /= zipf.sum()
    tag_share = 1 / np.arange(1, 31) ** 0.6
    created = FIRST_MS + np.arange(start, start + many) * EVERY_MS + r.integers(0, EVERY_MS - 10, many)
    ids = ((created - EPOCH_MS) * 256 + r.integers(0, 64, many)).tolist()
    experiment = (r.choice(EXPERIMENTS, many, p=shares) + 1).tolist()
    status = r.choice(6, many, p=STATUS_SHARES).tolist()
    submitter = ((SUBMITTERS * r.random(many) ** 2).astype(int) + 1).tolist()
    compute = ((COMPUTES * r.random(many) ** 1.5).astype(int) + 1).tolist()
    lasted = r.lognormal(12, 1.5, many).astype(int).tolist()
    is_child = (r.random(many) < 0.22).tolist()
    first_word = listed[r.choice(5000, many, p=zipf)].tolist()
    second_word = listed[r.integers(0, 5000, many)].tolist()
    uids = r.integers(0, 256, (many, 16), dtype=np.uint8)
    described, length = (r.random(many) < 0.2).tolist(), r.integers(20, 60, many).tolist()
    loss = r.lognormal(-1, 0.6, many)
    accuracy = 1 / (1 + loss) + r.normal(0, 0.02, many)
    values = np.stack(
        [loss, accuracy, loss * r.uniform(0.9, 1.4, many), accuracy - np.abs(r.normal(0, 0.05, many)),
         r.beta(8, 3, many), r.beta(9, 2, many), r.lognormal(4, 1, many), r.uniform(0, 100, many),
         r.lognormal(0, 1, many), r.normal(0, 10, many)], 1)  # fmt: skip
    values[r.random(many) < 0.005, 0] = np.nan
    spread = np.abs(values) * 0.2 + 0.01
    low, high = (values - spread).tolist(), (values + spread).tolist()
    value = values.tolist()
    own_metric, own_param = r.integers(0, 5, many).tolist(), r.integers(0, 5, many).tolist()
    own_value = np.round(r.normal(0, 1, (many, 2)), 5).tolist()
    param_columns = [
        np.round(10 ** r.uniform(-5, -1, many), 7).tolist(),
        (2 ** r.integers(3, 11, many)).tolist(),
        [OPTIMIZERS[i] for i in r.choice(4, many, p=[0.5, 0.2, 0.25, 0.05])],
        [MODELS[i] for i in (12 * r.random(many) ** 1.6).astype(int)],
        r.integers(0, 10000, many).tolist(),
        np.round(r.integers(0, 6, many) * 0.1, 1).tolist(),
        np.round(10 ** r.uniform(-6, -2, many), 8).tolist(),
        [f"ds-{i:02d}" for i in r.integers(0, 20, many)],
    ]
    tag_picks = np.argsort(-(np.log(tag_share)[None, :] + r.gumbel(size=(many, 30))), axis=1)[:, :5].tolist()
    tag_luck = (r.random((many, 5)) ** 2).tolist()
    commit, image = r.integers(0, 20000, many).tolist(), r.integers(0, 300, many).tolist()
    rows, roots = Rows(), {}
    for i in range(many):
        run, e, made, state = ids[i], experiment[i], int(created[i]), STATUSES[status[i]]
        uid = uids[i].tobytes().hex()
        name = f"{first_word[i]}_{second_word[i]}_{uid[:8]}"
        parent = roots.get(e) if is_child[i] else None
        if parent is None:
            roots[e] = run
        started = made + 2000 if state >= Status.RUNNING else None
        ended = made + 2000 + lasted[i] if state.is_terminal else None
        rows.runs.append(
            (run, uid, workspace, e, name, int(state), 0, None, submitter[i], compute[i], parent, parent, "", made,
             started, ended, "", "", None, False, made)
        )  # fmt: skip
        params = dict(zip(PARAMS, (column[i] for column in param_columns), strict=True))
        params[f"exp{e}.p{own_param[i]}"] = own_value[i][0]
        params[f"exp{e}.p{(own_param[i] + 1) % 5}"] = f"cfg_{own_value[i][1]}"
        tags = {
            TAGS[t]: f"{TAGS[t][:3]}-{int(luck * TAG_VALUES[t])}"
            for t, luck in zip(tag_picks[i], tag_luck[i], strict=True)
        }
        properties = {"git.commit": f"{commit[i]:040x}", "image.digest": f"sha256:{image[i]:016x}"}
        for key, given in params.items():
            number = None if isinstance(given, str) else float(given)
            rows.attrs.append((e, run, KEY_ID[KeyKind.PARAM, key], number, str(given), None))
        rows.attrs += [(e, run, KEY_ID[KeyKind.TAG, key], None, text, None) for key, text in tags.items()]
        rows.attrs += [(e, run, KEY_ID[KeyKind.PROPERTY, key], None, text, None) for key, text in properties.items()]
        summaries = {}
        for j, key in enumerate((*METRICS, f"exp{e}.m{own_metric[i]}")):
            v = value[i][j]
            last, flag = (v, 0) if v == v else (None, 1)
            small, large = (low[i][j], high[i][j]) if flag == 0 else (None, None)
            key_id = KEY_ID[KeyKind.METRIC, key]
            rows.metrics.append(
                (e, run, key_id, last, flag, 99, made + 2099, small, large, 40, 3, large, 0, made + 2000, 100)
            )
            summaries[key] = [last, flag, 99, made + 2099, small, large, large, 100]
        doc = {"t": tags, "p": {k: str(v) for k, v in params.items()}, "r": properties, "m": summaries}
        rows.docs.append((run, orjson.dumps(doc).decode()))
        told = " ".join(listed[r.choice(5000, length[i], p=zipf)].tolist()) if described[i] else ""
        carried = "\n".join(f"{key} {text}" for key, text in tags.items())
        parts = (name, told, experiment_name(e, names), submitter_name(submitter[i], names), state.word, uid, carried)
        rows.texts.append((run, e, told, f"<p>{told}</p>" if told else "", 0, "\n".join(parts).casefold()))
    return rows
