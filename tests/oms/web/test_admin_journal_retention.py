"""How long decisions are kept, said in the back office."""

from __future__ import annotations

import pytest

from modules.models import JournalRetention
from modules.services.journal_retention import journal_retention_set
from oms.infra.database.context import retailer_context
from tests.oms.web.back_office import listed, manager, staff, words

LIST = "/admin/modules/journalretention/"


@pytest.mark.parametrize(("months", "kept"), [("36", "36 months"), ("", "for ever"), ("3", "3 months")])
def test_a_new_word_is_added_in_the_name_of_who_says_it(fresh: None, months: str, kept: str) -> None:
    somebody = manager()
    assert somebody.post(f"{LIST}add/", {"months": months}).status_code == 302
    with retailer_context("acme"):
        [said] = JournalRetention.objects.all()
        assert (str(said), said.author) == (kept, f"user {somebody.get(LIST).wsgi_request.user.get_username()}")
    assert listed(somebody.get(LIST)) == [kept]


@pytest.mark.parametrize("months", ["2", "0", "-1", "two"])
def test_fewer_than_three_months_are_refused_in_words(fresh: None, months: str) -> None:
    response = manager().post(f"{LIST}add/", {"months": months})
    assert response.status_code == 200
    assert "Ensure this value is greater than or equal to" in words(response) or "Enter a whole number" in words(
        response
    )
    with retailer_context("acme"):
        assert not JournalRetention.objects.exists()


def test_what_was_said_is_neither_changed_nor_deleted_and_others_may_say_nothing(fresh: None) -> None:
    with retailer_context("acme"):
        said = journal_retention_set(months=12, author="maria")
    somebody = manager()
    assert somebody.post(f"{LIST}{said.pk}/change/", {"months": "3"}).status_code == 403
    assert somebody.post(f"{LIST}{said.pk}/delete/", {"post": "yes"}).status_code == 403
    outsider = staff("orders.view_order")
    assert outsider.get(LIST).status_code == 403
    assert outsider.post(f"{LIST}add/", {"months": "3"}).status_code == 403
    with retailer_context("acme"):
        assert [str(row) for row in JournalRetention.objects.all()] == ["12 months"]
