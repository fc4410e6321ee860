"""Whatever is sent, the answer is a clear 4xx and nothing has changed."""

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs.models import Change, Experiment, Run, RunAttr
from tests.build import make_run

BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b'{"name": NaN}',
    b'{"name": "a", "name": "b"}',
    b'{"name": "a\\u0000b"}',
    b'{"name": "\\ud800"}',
    b'{"name": 7}',
    b'{"name": true}',
    b'{"name": null}',
    b'{"name": []}',
    b'{"name": {"deep": 1}}',
    b'{"nmae": "a"}',
    b'{"\\ud800": 1}',
    b'{"\\u0000": "x"}',
    b'{"a": 1e999}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"a":' * 1000 + b"1" + b"}" * 1000,
    b'{"n": ' + b"9" * 5000 + b"}",
    b'{"status": 5}',
    b'{"points": {}}',
    b'{"points": [1]}',
    b'{"value": 7}',
    b'{"tags": []}',
    b'{"tags": {"a": 1}}',
    b'{"expected": "Running", "status": ["x"]}',
    b'{"experiment_id": 99999999999999999999999999}',
    b'{"experiment_id": 1.0}',
    b'{"started": 99999999999999999999}',
    b'{"started": -1}',
    b'{"name": "' + b"x" * 100_000 + b'"}',
]


@pytest.fixture
def routes(cast) -> list[tuple[str, str]]:
    run = make_run(cast.lab)
    return [
        ("POST", "experiments"),
        ("PATCH", f"experiments/{run.experiment_id}"),
        ("PATCH", f"runs/{run.uid}"),
        ("PUT", f"runs/{run.uid}/status"),
        ("PATCH", f"runs/{run.uid}/tags"),
        ("PUT", f"runs/{run.uid}/tags/a"),
        ("POST", f"runs/{run.uid}/properties"),
        ("POST", f"runs/{run.uid}/params"),
        ("POST", f"runs/{run.uid}/batch"),
        ("POST", "runs"),
    ]


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Run, Experiment, RunAttr, Change))


def is_clear(answer) -> bool:
    said = answer.json()
    return isinstance(said, dict) and all(
        isinstance(text, list) for name, text in said.items() if name not in ("position", "current")
    )


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:40].decode("latin-1"))
def test_a_malformed_body_is_refused_and_changes_nothing(routes, editor, body: bytes) -> None:
    harmless = {b'{"name": "a", "name": "b"}'}
    for method, path in routes:
        before = counts()
        answer = editor.call(method, path, raw=body)
        if answer.status_code in (200, 201):
            # An empty object or a field that another route does not have: nothing was wrong here.
            assert body not in harmless
            assert method != "POST" or path.endswith(("runs", "batch", "params", "properties")), (path, body)
            continue
        assert 400 <= answer.status_code < 500, (method, path, answer.content)
        assert is_clear(answer), answer.content
        assert counts() == before, (method, path)


def test_a_body_of_another_type_is_415(routes, editor) -> None:
    for method, path in routes:
        for kind in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/xml",
        ):
            answer = editor.call(method, path, raw=b"a=1", kind=kind)
            assert answer.status_code == 415, (method, path, kind)
            assert is_clear(answer)


def test_a_body_that_is_too_large_is_413(routes, editor, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    for method, path in routes:
        answer = editor.call(method, path, raw=b'{"name": "' + b"x" * 2000 + b'"}')
        assert answer.status_code == 413, (method, path)
        assert is_clear(answer)


def test_a_gzip_bomb_is_413_and_gzip_is_fine(routes, editor, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100_000
    method, path = routes[2]
    bomb = gzip.compress(b'{"name": "' + b"x" * 10_000_000 + b'"}')
    assert editor.call(method, path, raw=bomb, **{"Content-Encoding": "gzip"}).status_code == 413
    fine = gzip.compress(b'{"name": "packed"}')
    assert editor.call(method, path, raw=fine, **{"Content-Encoding": "gzip"}).status_code == 200
    assert editor.call(method, path, raw=fine, **{"Content-Encoding": "br"}).status_code == 415


QUERIES = [
    ("runs", "q", "metric.loss <"),
    ("runs", "q", "nonsense:1"),
    ("runs", "q", "(" * 200),
    ("runs", "q", "a\0b"),
    ("runs", "q", "x" * 100_001),
    ("runs", "sort", "nothing"),
    ("runs", "cols", "nothing"),
    ("runs", "group", "status"),
    ("runs", "group", "metric.x"),
    ("runs", "after", "junk"),
    ("runs", "before", "AAAA"),
    ("runs", "limit", "0"),
    ("runs", "limit", "1001"),
    ("runs", "limit", "١"),
    ("runs", "limit", "1e3"),
    ("runs", "limit", "9" * 50),
    ("runs", "experiment_id", "x"),
    ("runs", "lifecycle", "gone"),
    ("experiments", "limit", "-1"),
    ("experiments", "lifecycle", "archived"),
]


@pytest.mark.parametrize(("path", "name", "value"), QUERIES)
def test_a_malformed_query_is_400_and_names_its_parameter(editor, path: str, name: str, value: str) -> None:
    from urllib.parse import urlencode

    answer = editor.get(f"{path}?{urlencode({name: value})}")
    assert answer.status_code == 400, answer.content
    assert name in answer.json()


def test_a_mistake_in_a_query_knows_its_column(editor) -> None:
    assert editor.get("runs?q=status:runing").json()["position"] >= 0


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name",
                    "status",
                    "tags",
                    "points",
                    "key",
                    "value",
                    "step",
                    "time",
                    "expected",
                    "params",
                    "experiment",
                    "a\0",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_body_of_any_shape_is_answered_with_a_5xx(routes, editor, data) -> None:
    method, path = data.draw(st.sampled_from(routes))
    body = json.dumps(data.draw(JSONISH)).encode()
    answer = editor.call(method, path, raw=body)
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert is_clear(answer)
