"""What lists show of the workspace, and what they ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from oms.infra.accounts.models import User
from oms.infra.backoffice.bulk import BulkAction
from oms.infra.backoffice.links import page_address
from oms.infra.backoffice.lists import VIEW_VAR, acting
from oms.web.workspace import services
from oms.web.workspace.models import SavedView
from oms.web.workspace.selectors import views_of
from oms.web.workspace.services.saved_views import kept

#: In an address: the whole list, also for those for whom a view opens it.
WHOLE = "all"


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved view above its list."""

    word: str
    address: str
    chosen: bool
    shared: bool


@dataclass(frozen=True, slots=True)
class ListViews:
    """The saved views of a list, and what this person may do with the chosen one."""

    label: str
    tabs: Sequence[Tab]
    #: What the list shows now, as a view would keep it.
    query: str
    chosen: SavedView | None
    changed: bool
    may_change: bool
    may_share: bool

    @property
    def opens(self) -> bool:
        """Whether the list opens with the chosen view."""
        return bool(self.chosen and getattr(self.chosen, "opens", False))


def person(request: HttpRequest) -> User:
    """Who is signed in: the site lets nobody else in."""
    return cast("User", request.user)


class ListWorkspace:
    """Keeps views and begins bulk actions for the retailer's site."""

    def begin(
        self, request: HttpRequest, *, label: str, action: BulkAction, rows: QuerySet[Any], columns: Sequence[str]
    ) -> HttpResponse:
        """Settle the rows, and lead to the page that states how many they are."""
        given = {"columns": ",".join(columns)} if action.is_export else {}
        try:
            job = services.bulk_draft(
                label=label, action=action.name, rows=rows, chosen=request.GET.urlencode(), given=given,
                user=person(request), actor=acting(request),
            )  # fmt: skip
        except services.TooManyRows as fault:
            messages.error(request, str(fault))
            return HttpResponseRedirect(request.get_full_path())
        return HttpResponseRedirect(page_address(job))

    def opened(self, request: HttpRequest, label: str) -> HttpResponse | None:
        """Lead to the view with which this person opens the list."""
        for view in self._of(request, label):
            if view.opens:  # type: ignore[attr-defined]  # annotated
                return HttpResponseRedirect(address_of(request.path, view))
        return None

    def views(self, request: HttpRequest, label: str) -> ListViews:
        """Tabs, and what can be done with the chosen one."""
        views = self._of(request, label)
        asked = request.GET.get(VIEW_VAR, "")
        chosen = next((view for view in views if str(view.pk) == asked), None)
        user = person(request)
        may_share = user.has_perm("workspace.share_savedview")
        try:
            query = kept(request.GET.urlencode())
        except services.ViewRefused:
            query = ""
        tabs = [
            Tab("All", f"?{VIEW_VAR}={WHOLE}", chosen is None, False),
            *(Tab(view.name, address_of("", view), view is chosen, view.shared) for view in views),
        ]
        return ListViews(
            label=label, tabs=tabs, query=query, chosen=chosen, may_share=may_share,
            changed=chosen is not None and query != chosen.query,
            may_change=chosen is not None and (may_share if chosen.shared else chosen.owner_id == user.pk),
        )  # fmt: skip

    def _of(self, request: HttpRequest, label: str) -> Sequence[SavedView]:
        """Asked once for each page: to open it, and to show the tabs."""
        read: dict[str, Sequence[SavedView]] | None = getattr(request, "saved_views", None)
        if read is None or label not in read:
            read = {label: views_of(label=label, user=person(request))}
            request.saved_views = read  # type: ignore[attr-defined]
        return read[label]


def address_of(path: str, view: SavedView) -> str:
    """Where a view is seen."""
    own = urlencode({VIEW_VAR: view.pk})
    return f"{path}?{view.query}&{own}" if view.query else f"{path}?{own}"
