"""The retailer's back office. Each module's ``admin.py`` registers its screens on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse

from oms.infra.backoffice.bases import AdminSite
from oms.infra.backoffice.bulk import Workspace

MOST_FOUND = 20
"""Results that the command search shows."""


@dataclass(frozen=True, slots=True)
class Found:
    """A result of the command search."""

    title: str
    description: str
    link: str
    icon: str


#: Looks a term up for the person who asks; finds nothing that they may not see.
Finder = Callable[[HttpRequest, str], Sequence[Found]]


class BackOfficeSite(AdminSite):
    """An unfold site whose command search asks finders, and keeps no answer.

    unfold keeps results for five minutes: an order placed meanwhile would stay hidden, one that somebody may
    no longer see would stay shown.
    """

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.finders: list[Finder] = []
        #: Keeps saved views and runs bulk actions; None on a site without them.
        self.workspace: Workspace | None = None

    def get_urls(self) -> list[Any]:
        """As Django has them, but for “view on site”: it would look into any table that a content type names."""
        return [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Results for the term ``s``: what each finder knows, then screens by their names.

        With ``palette`` as JSON, and without a term the screens alone.
        """
        term = request.GET.get("s", "").strip().replace("\x00", "")
        if "palette" in request.GET:
            known = [item for finder in self.finders for item in finder(request, term)] if term else []
            found = [*known, *self._screens(request, term)][:MOST_FOUND]
            return JsonResponse({"found": [asdict(item) for item in found]})
        if not term:
            return HttpResponse()
        began = perf_counter()
        found = [*self._screens(request, term)]
        if "extended" in request.GET:
            found = [item for finder in self.finders for item in finder(request, term)] + found
        template = "command_results" if "extended" in request.GET else "search_results"
        pages = Paginator(found[:MOST_FOUND], MOST_FOUND)
        return TemplateResponse(
            request,
            f"unfold/helpers/{template}.html",
            {
                "page_obj": pages,
                "results": pages.page(1),
                "page_counter": 0,
                "execution_time": perf_counter() - began,
                "command_show_history": False,
            },
            headers={"HX-Trigger": "search"},
        )

    def _sidebar(self, request: HttpRequest) -> list[dict[str, Any]]:
        groups: list[dict[str, Any]] = self.get_sidebar_list(request)  # type: ignore[attr-defined]  # unfold's
        return groups

    def _screens(self, request: HttpRequest, term: str) -> list[Found]:
        """Screens by a part of their name, and new records by ``new …``."""
        wanted = term.lower()
        entries = [
            Found(str(item["title"]), str(group.get("title") or "Page"), str(item["link"]), str(item["icon"]))
            for group in self._sidebar(request)
            for item in group["items"]
            if item["has_permission"]
        ]
        begun = [
            Found(f"New {self._registry[model['model']].opts.verbose_name!s}", "Action", model["add_url"], "add")
            for app in self.get_app_list(request)
            for model in app["models"]
            if model["add_url"]
        ]
        return [item for item in [*entries, *begun] if wanted in item.title.lower()]


class RetailerSite(BackOfficeSite):
    """Served at each retailer's host name."""


retailer_site = RetailerSite(name="admin")
