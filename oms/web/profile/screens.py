"""What every screen of the profile shares: who may come in, and what stands around its content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from modules.services import StaleEdit
from oms.infra.backoffice.display import moment
from oms.web.admin_sites.retailer import retailer_site

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

VIEW, CHANGE = "modules.view_profiledocument", "modules.change_profiledocument"


@dataclass(frozen=True, slots=True)
class Crumb:
    """A page above this one."""

    title: str
    address: str


def screen(*methods: str, changes: bool = False) -> Callable[[View[P]], View[P]]:
    """A view for staff who may look at the profile; ``changes``, and every POST, for those who may change it."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not may_view(request) or ((changes or request.method == "POST") and not may_change(request)):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        allowed = methods or ("GET",)
        limited = require_http_methods([*allowed, "HEAD"] if "GET" in allowed else allowed)(guarded)
        return cast("View[P]", retailer_site.admin_view(limited))

    return decorate


def may_view(request: HttpRequest) -> bool:
    """Whether somebody may look at the profile."""
    return any(request.user.has_perm(right) for right in (VIEW, CHANGE))


def may_change(request: HttpRequest) -> bool:
    """Whether somebody may change it."""
    return request.user.has_perm(CHANGE)


def page(request: HttpRequest, template: str, title: str, *above: Crumb, **context: Any) -> HttpResponse:
    """A page of the back office; ``above`` are the pages that it hangs under, the outermost first."""
    request.current_app = retailer_site.name
    around = retailer_site.each_context(request)
    return TemplateResponse(
        request,
        f"web/profile/{template}.html",
        {**around, "title": title, "crumbs": above, "may_change": may_change(request), **context},
    )


def address(name: str, *args: object, **query: object) -> str:
    """Address of one of these screens."""
    found = reverse(f"profile:{name}", args=args)
    given = {key: value for key, value in query.items() if value not in (None, "")}
    return f"{found}?{urlencode(given)}" if given else found


def author(request: HttpRequest) -> str:
    """Who acts, as revisions name them."""
    return request.user.get_username()


def changed_meanwhile(stale: StaleEdit) -> str:
    """Who was faster, for a sentence that goes on with it."""
    last = stale.newer[0]
    return f"{last.author} changed the profile on {moment(last.created_at)} (revision {last.number}, “{last.reason}”)"


def number_given(text: str | None, what: str) -> int:
    """A number from an address or a form. Raises ``Http404``."""
    if text is None or not text.isdecimal() or len(text) > 18:
        message = f"There is no {what} “{(text or '')[:40]}”."
        raise Http404(message)
    return int(text)
