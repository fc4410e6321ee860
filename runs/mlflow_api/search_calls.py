"""Which runs match? MLflow's filter and order, on our own language, index plans and keyset pages."""

from runs.mlflow_api.doors import Answer, Call, reads
from runs.mlflow_api.experiments import VIEWS, experiment_numbers
from runs.mlflow_api.run_shapes import runs_by_id
from runs.mlflow_api.shapes import without_empty
from runs.query_language.mlflow_names import parse_mlflow_filter, parse_mlflow_order
from runs.query_language.order import sort_to_text
from runs.reading.cursors import read_cursor
from runs.reading.find_runs import search_runs_by_tree

_PAGE, _MOST, _MOST_EXPERIMENTS, _MOST_SORT_KEYS = 1000, 50_000, 10_000, 20


@reads("POST")
def search_runs(call: Call) -> Answer:
    """runs/search."""
    sent = call.sent
    tree = parse_mlflow_filter(sent.text("filter"))
    order = parse_mlflow_order(sent.texts("order_by", most=_MOST_SORT_KEYS))
    limit = sent.whole("max_results", default=_PAGE, low=1, high=_MOST)
    lifecycles = VIEWS[sent.word("run_view_type", VIEWS, default="ACTIVE_ONLY")]
    numbers = experiment_numbers(call, sent.texts("experiment_ids", most=_MOST_EXPERIMENTS))
    if not numbers:
        return {}
    order_text = sort_to_text(order) if order else ""
    token = sent.text("page_token")
    cursor = read_cursor(token, order_text, "page_token") if token else None
    found = search_runs_by_tree(call.workspace, numbers, tree, order, cursor, limit, lifecycles)
    return without_empty({"runs": runs_by_id(call.workspace, found.ids), "next_page_token": found.next})
