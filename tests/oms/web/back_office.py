"""What the tests of the back offices share: people who are signed in, and counted statements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any, Protocol

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from oms.infra.accounts.models import User
from oms.infra.database.context import platform_context, retailer_context
from tests.factories.accounts import ManagerFactory, StaffFactory, grant


class Page(Protocol):
    """What a view answered."""

    status_code: int
    wsgi_request: Any

    @property
    def content(self) -> bytes: ...

    def __getitem__(self, header: str) -> str: ...


def visitor(retailer: str = "acme") -> Client:
    """A browser at the retailer's address; nobody is signed in."""
    return Client(headers={"Host": f"{retailer}.localhost"})


def manager(retailer: str = "acme") -> Client:
    """Somebody who may do everything at the retailer."""
    with retailer_context(retailer):
        return _signed_in(retailer, ManagerFactory.create())


def staff(*rights: str, retailer: str = "acme") -> Client:
    """Somebody at the retailer with these rights: ``orders.view_order``."""
    with retailer_context(retailer):
        return _signed_in(retailer, grant(StaffFactory.create(), *rights))


def platform_manager() -> Client:
    """Somebody who may do everything on the platform."""
    with platform_context():
        return _signed_in("platform", ManagerFactory.create())


def _signed_in(host: str, user: User) -> Client:
    client = visitor(host)
    client.force_login(user)
    return client


def words(response: Page) -> str:
    """The page's text as a person reads it: no tags, single spaces."""
    html = re.sub(r"(?s)<(script|style|head)\b.*?</\1>", " ", response.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def listed(response: Page) -> list[str]:
    """First cell of each row of a list, beside the box that chooses it."""
    rows = re.findall(r'(?s)<tr class="data-row.*?</tr>', response.content.decode())
    cells = [re.search(r"(?s)<t[hd]\b(?![^>]*action-checkbox)[^>]*>(.*?)</t[hd]>", row) for row in rows]
    return [unescape(re.sub(r"<[^>]*>", "", cell.group(1))).strip() for cell in cells if cell]


def told(response: Page) -> list[str]:
    """Messages that the next page will show."""
    return [str(message) for message in response.wsgi_request._messages]


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collects the statements that views send, without the ones that begin and end transactions."""
    asked: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield asked
    asked += [query["sql"] for query in captured.captured_queries if not _bookkeeping(query["sql"])]


def _bookkeeping(statement: str) -> bool:
    return statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "SET "))
