"""What does every component look like, in every state? (`/styleguide/`, for staff, or for all while DEBUG is on)"""

import math
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from runs.markdown import render_markdown
from runs.statuses import Status
from studio.database import now_ms

POINTS = 120

MARKDOWN = """# Churn, second attempt

The *learning rate* was too high in **#4f1c2a**, so `lr` now decays. See [the notes](https://example.org).

- [x] weighted loss
- [ ] calibrate, then compare

!!! warning "Leak"
    The validation split shared customers with the training split until 12 November.

| fold | auc | loss |
|:-----|----:|-----:|
| 1 | 0.912 | 0.231 |
| 2 | 0.907 | 0.244 |

```python
def decay(step: int, first: float = 1e-3) -> float:
    \"\"\"Half of it every thousand steps.\"\"\"
    return first * 0.5 ** (step / 1000)  # never zero
```

> The best checkpoint is not the last one.
"""

LOG = (
    ("2026-11-23 19:44:05 INFO  reading 48,211 rows from churn.parquet", False),
    ('<span class="ansi-green">epoch 1</span>  loss 0.6931  auc 0.5012', False),
    ('<span class="ansi-yellow">warning</span>  gradient norm 41.7 clipped to 1.0', False),
    ("epoch 2  loss 0.4410  auc 0.7734", False),
    ('<span class="ansi-red ansi-bold">RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB</span>', True),
    ("  File \"train.py\", line 88, in step", False),
)  # fmt: skip


def styleguide(request: HttpRequest) -> HttpResponse:
    """The page itself, or with ``?chart=`` the data of one of its charts."""
    if not (settings.DEBUG or getattr(request.user, "is_staff", False)):
        raise Http404
    if chart := request.GET.get("chart"):
        return JsonResponse({"x_name": "step", "series": list(example_series(chart))})
    return render(request, "styleguide.html", example_context())


def example_context() -> dict[str, Any]:
    """Made-up values for every component; the last of a kind is the longest or the oddest."""
    now = now_ms()
    statuses = [(status, now - place * 5_400_000) for place, status in enumerate(Status)]
    return {
        "statuses": list(Status),
        "rows": [_row(place, status, at) for place, (status, at) in enumerate(statuses[5:])],
        "moments": [now - 5_000, now - 200_000, now - 9_000_000, now - 200_000_000, now - 90 * 86_400_000],
        "numbers": [0, 0.1, 0.000123456, 0.91234567, 12345.678, 1234567, -3.5e22, math.nan, math.inf, None],
        "tabs": [
            {"label": "Overview", "url": "#tabs", "current": True},
            {"label": "Metrics", "url": "#tabs", "count": 24},
            {"label": "Outputs + logs", "url": "#tabs", "count": 1312},
            {"label": "Children", "url": "#tabs", "count": 0, "quiet": True},
        ],
        "trail": [{"label": "Experiments", "url": "#"}, {"label": "churn-baseline", "url": "#"}],
        "key_values": [
            {
                "key": "Run id",
                "value": "4f1c2a90be0d4c1f8a9be0d1",
                "mono": True,
                "copy_text": "4f1c2a90be0d4c1f8a9be0d1",
            },
            {"key": "Experiment", "value": "churn-baseline", "url": "#"},
            {"key": "Compute", "value": None},
            {
                "key": "Command",
                "value": "python train.py --lr 0.001 --data s3://bucket/with/a/rather/long/path.parquet",
            },
        ],
        "sizes": [{"n": n, "url": "#", "current": n == 50} for n in (25, 50, 100, 200)],
        "menu": [
            {"label": "Rename", "icon": "pencil", "url": "#menus"},
            {"label": "Archive", "icon": "archive", "url": "#menus", "current": True},
            {"label": "Delete", "icon": "trash-2", "dialog": "guide-delete", "danger": True},
        ],
        "facet": [
            {"label": "churn-baseline", "url": "#tables", "count": "812", "current": True},
            {"label": "an-experiment-with-a-rather-long-name", "url": "#tables", "count": "10,000+"},
        ],
        "options": [{"value": "loss", "label": "loss"}, {"value": "acc", "label": "accuracy"}],
        "files": _files(),
        "log": [
            {"number": n, "html": mark_safe(html), "is_error": bad, "is_target": n == 4}  # noqa: S308 - our own
            for n, (html, bad) in enumerate(LOG, start=1)
        ],
        "markdown": mark_safe(render_markdown(MARKDOWN)),  # noqa: S308 - sanitised by the renderer
        "spark": [1 / (1 + step / 4) + 0.05 * math.sin(step * 1.7) for step in range(40)],
        "roles": "bg-page bg-surface bg-sunken bg-hover bg-selected text text-muted line line-strong accent".split(),
        "slots": range(1, 9),
    }


def _row(place: int, status: Status, started: int) -> dict[str, Any]:
    loss = [0.2314, 0.19871, None, math.nan, 12.5, 0.000034, 1.0, 0.5, 0.44, 0.1][place % 10]
    name = "resnet50-cosine-lr-3e-4-warmup-500-batch-256-mixup-seed-17" if place == 3 else f"tender-otter-{place + 1}"
    return {
        "name": name,
        "status": status,
        "started": started,
        "loss": loss,
        "length": 48_000 * 7**place % 90_000_000,
        "selected": place == 1,
        "starred": place == 2,
        "group": place == 0,
        "depth": 1 if place in (5, 6) else 0,
    }


def _files() -> list[dict[str, Any]]:
    inner = [
        {"name": "model.safetensors", "url": "#files", "size": 438_120_332},
        {"name": "confusion_matrix.png", "url": "#files", "size": 48_233, "icon": "file-image"},
    ]
    return [
        {"name": "logs", "is_folder": True, "is_open": True,
         "entries": [{"name": "std_log.txt", "url": "#files", "size": 10_240, "icon": "file-text", "current": True}]},
        {"name": "outputs", "is_folder": True, "is_open": True, "entries": inner},
        {"name": "system_logs", "is_folder": True, "entries": [{"name": "a.log", "url": "#files", "size": 0}]},
        {"name": "README.md", "url": "#files", "size": 812, "icon": "file-text"},
    ]  # fmt: skip


def example_series(chart: str) -> Iterator[dict[str, Any]]:
    """Series for the chart called ``one``, ``many``, ``odd`` (NaN, infinities, a gap) or ``nothing``."""
    lines = {"one": 1, "many": 10, "odd": 2}.get(chart, 0)
    for line in range(lines):
        last: list[float | None] = [
            (1 + line / 3) * math.exp(-step / (25 + 4 * line)) + 0.05 + 0.02 * math.sin(step * (1.3 + line))
            for step in range(POINTS)
        ]
        spread = [0.01 + 0.15 * math.exp(-step / 40) for step in range(POINTS)]
        marks: list[dict[str, Any]] = []
        if chart == "odd":
            last[40:52] = [None] * 12
            marks = [{"x": 42 + line, "kind": "nan"}, {"x": 46, "kind": "inf"}, {"x": 49, "kind": "-inf"}]
        yield {
            "name": "loss", "run": f"tender-otter-{line + 1}", "color_slot": line + 1, "count": POINTS * 100,
            "x": list(range(POINTS)), "last": last, "marks": marks,
            "low": [None if value is None else value - width for value, width in zip(last, spread, strict=True)],
            "high": [None if value is None else value + width for value, width in zip(last, spread, strict=True)],
        }  # fmt: skip
