"""A query is said in plain English."""

import pytest

from runs.query_language.order import parse_columns
from runs.query_language.parser import parse
from runs.query_language.words import field_words, to_words

SAID = [
    ("", "all runs"),
    ("status:failed", "status is Failed"),
    ("status:failed,canceled,waiting", "status is Failed, Canceled or waiting"),
    ("-status:failed", "status is not Failed"),
    ("metric.loss < 0.3", "loss below 0.3"),
    ("min(metric.val_loss) <= 0.12", "lowest val_loss at most 0.12"),
    ("count(metric.loss) >= 10", "number of loss points at least 10"),
    ("metric.acc:0.1..0.5", "acc is between 0.1 and 0.5"),
    ("metric.acc:0.1..", "acc is 0.1 or more"),
    ("param.optimizer = adam", "parameter optimizer is adam"),
    ('tag.quality:"fantastic run"', "tag quality is “fantastic run”"),
    ("tag.quality != bad", "tag quality is not bad"),
    ("-tag.quality:bad", "tag quality is not bad or is absent"),
    ("tag.archived", "has tag archived"),
    ("-tag.archived", "has no tag archived"),
    ("compute is null", "has no compute"),
    ("NOT compute is null", "has compute"),
    ("has:parent", "has parent run"),
    ("name ~ res", "name contains res"),
    ("-name ~ res", "name does not contain res"),
    ("name not like 'x%'", "name is not like x%"),
    ("submitter:me", "submitter is me"),
    ("archived:no favourite:yes", "not archived and favourite"),
    ("-favourite:yes", "not favourite"),
    ("created > 7d", "created in the last 7 days"),
    ("created:1h", "created in the last 1 hour"),
    ("created < 2w", "created more than 2 weeks ago"),
    ("created:14d..7d", "created between 14 days ago and 7 days ago"),
    ("created:2026-11-23", "created on 23 November 2026"),
    ("created != 2026-11", "created not in November 2026"),
    ("created:2026", "created in 2026"),
    ("created > 2026-11-23T10:15", "created after 23 November 2026, 10:15 UTC"),
    ("started >= 2026-11-23", "started from 23 November 2026"),
    ("started:2026-11..", "started from November 2026"),
    ("ended < yesterday", "ended before yesterday"),
    ("duration > 2h", "duration above 2 hours"),
    ('"out of memory"', "mentions “out of memory”"),
    ("-cuda", "does not mention “cuda”"),
    ("status:failed (tag.a or tag.b)", "status is Failed and (has tag a or has tag b)"),
    ("-(tag.a tag.b)", "not (has tag a and has tag b)"),
    ("-created:7d", "not (created in the last 7 days)"),
]


@pytest.mark.parametrize(("text", "words"), SAID, ids=[row[0] for row in SAID])
def test_a_query_reads_as_a_phrase(text: str, words: str) -> None:
    assert to_words(parse(text)) == words


def test_columns_have_headings() -> None:
    fields = parse_columns("status,metric.loss,max(metric.acc),param.lr,parent")
    assert [field_words(field) for field in fields] == ["status", "loss", "highest acc", "parameter lr", "parent run"]
