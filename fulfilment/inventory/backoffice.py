"""Pages whose buttons call services: what each screen of stock shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib import messages
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from fulfilment.inventory.services import CartRefused, NotEnoughStock
from oms.infra.backoffice.links import page_address
from oms.infra.backoffice.lists import PageAdmin, acting
from oms.kernel.verdict import Verdict

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Verb:
    """A button: its name in the address, its word, whether it may be pressed, and the number that it asks for."""

    name: str
    word: str
    verdict: Verdict
    act: Callable[[str, int], str]
    """Given who acts and the number; returns what came of it, as a sentence."""
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a page: words above the columns, cells below."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]


class VerbAdmin(PageAdmin[M]):
    """A page with facts, tables and buttons. What a service refuses is said in its own words."""

    page_template = "inventory/page.html"
    refusals: tuple[type[Exception], ...] = (CartRefused, NotEnoughStock)

    def facts(self, row: M) -> Sequence[tuple[str, object]]:
        """Words and values at the head of the page."""
        raise NotImplementedError

    def tables(self, row: M) -> Sequence[Table]:
        """What lies below."""
        return ()

    def verbs(self, row: M) -> Sequence[Verb]:
        """Its buttons."""
        return ()

    def links(self, row: M) -> Sequence[tuple[str, str]]:
        """Its forms: a word and an address each."""
        return ()

    def page_context(self, request: HttpRequest, row: M) -> dict[str, Any]:
        """Facts, tables and buttons."""
        return {
            "facts": self.facts(row), "tables": self.tables(row), "verbs": self.verbs(row), "links": self.links(row),
            "act": f"admin:{self._act_name}",
        }  # fmt: skip

    @property
    def _act_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_act"

    def get_urls(self) -> list[URLPattern]:
        """The buttons' address beside the usual ones."""
        view = self.admin_site.admin_view(self.act_view)
        return [path("<int:key>/<slug:verb>/do/", view, name=self._act_name), *super().get_urls()]

    @method_decorator(require_POST)
    def act_view(self, request: HttpRequest, key: int, verb: str) -> HttpResponse:
        """Press a button, and say what came of it."""
        row = self.row_to_act_on(request, str(key))
        found = next((item for item in self.verbs(row) if item.name == verb), None)
        if found is None:
            message = "There is no such button."
            raise Http404(message)
        number = request.POST.get("number", "").strip()
        if not found.verdict:
            messages.error(request, found.verdict.reason)
        elif found.asks and not (number.isascii() and number.isdigit() and len(number) < 10):
            messages.error(request, f"{found.asks}: give a whole number.")
        else:
            self._press(request, found, int(number or 0))
        return HttpResponseRedirect(page_address(row))

    def _press(self, request: HttpRequest, verb: Verb, number: int) -> None:
        try:
            with transaction.atomic():
                done = verb.act(acting(request), number)
        except self.refusals as refusal:
            messages.error(request, f"Nothing was changed: {refusal}")
        else:
            messages.success(request, done)
