"""Texts with named fields, and nothing else in them."""

from __future__ import annotations

import pytest

from oms.web.notices.kinds import TELLINGS, NoticeKind, fields_of
from oms.web.notices.wording import BadWording, fill, wording_check


def test_fields_are_filled_in_and_what_they_hold_is_no_text() -> None:
    values = {"order": "A-1", "customer": "{order} {{x}} %s"}
    assert fill("Dear {customer}, {order}.", values) == "Dear {order} {{x}} %s, A-1."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{ordr}", "There is no field {ordr} here. There are: {order}."),
        ("{order.customer}", "There is no field {order.customer} here. There are: {order}."),
        ("{order!r}", "There is no field {order!r} here. There are: {order}."),
        ("{}", "There is no field {} here. There are: {order}."),
        ("a { b", "A brace has no partner: a field is written {order}."),
        ("{{order}}", "A brace has no partner: a field is written {order}."),
    ],
)
def test_anything_but_a_known_field_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(BadWording) as refused:
        wording_check(text, known=["order"])
    assert str(refused.value) == said


@pytest.mark.parametrize("kind", NoticeKind)
def test_the_words_to_begin_with_name_only_fields_that_there_are(kind: NoticeKind) -> None:
    wording_check(TELLINGS[kind].subject, known=fields_of(kind))
    wording_check(TELLINGS[kind].body, known=fields_of(kind))
