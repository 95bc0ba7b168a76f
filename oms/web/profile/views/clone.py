"""The staging clone of an upgrade: asked for, watched, entered as the same user, dropped."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from modules.models import CloneState, PreviewClone
from modules.services.preview_clone import clone_schema, preview_clone_drop_request, preview_clone_request
from modules.services.upgrade import UpgradeRefused
from oms.infra.accounts.models import User
from oms.infra.database.context import served_schema
from oms.infra.database.identity import is_staging
from oms.web.profile.clones import BadTicket, clone_shown, ticket_for, user_of
from oms.web.profile.screens import address, author, screen
from oms.web.profile.views.upgrades import upgrade_numbered


@screen("POST", changes=True)
def clone_ask(request: HttpRequest, number: int) -> HttpResponse:
    """Ask a worker for the clone, or for a new one in its place."""
    upgrade_numbered(number)
    try:
        preview_clone_request(upgrade_id=number, author=author(request))
    except UpgradeRefused as refused:
        messages.error(request, f"No staging clone was asked for: {refused}.")
    return HttpResponseRedirect(address("preview", number) + "#clone")


@screen("POST", changes=True)
def clone_drop(request: HttpRequest, number: int) -> HttpResponse:
    """Ask a worker to drop the clone. Nothing of production is in it."""
    upgrade_numbered(number)
    preview_clone_drop_request(upgrade_id=number)
    return HttpResponseRedirect(address("preview", number) + "#clone")


@screen()
def clone_progress(request: HttpRequest, number: int) -> HttpResponse:
    """How far the clone is, for the bar."""
    shown = clone_shown(upgrade_numbered(number))
    return JsonResponse({"running": shown.running, "done": shown.step, "of": shown.steps, "words": shown.words})


@screen("POST")
def clone_open(request: HttpRequest, number: int) -> HttpResponse:
    """Go to the clone with a ticket that signs the same user in there."""
    upgrade = upgrade_numbered(number)
    clone = PreviewClone.objects.filter(pk=number, status=CloneState.READY).first()
    if clone is None:
        messages.error(request, "There is no staging clone to open: ask for one.")
        return HttpResponseRedirect(address("preview", number))
    _, colon, port = request.get_host().partition(":")
    ticket = ticket_for(cast("User", request.user), clone_schema(served_schema(), number))
    query = urlencode({"ticket": ticket, "module": upgrade.module})
    entrance = reverse("profile:clone_enter")
    return HttpResponseRedirect(f"{request.scheme}://{clone.host}{colon}{port}{entrance}?{query}")


@never_cache
@require_safe
def clone_enter(request: HttpRequest) -> HttpResponse:
    """The other side: in the clone, sign in whom the ticket names. Nowhere else is there anything at this address."""
    if not is_staging(served_schema()):
        message = "Only a staging clone is entered here."
        raise Http404(message)
    try:
        user = user_of(request.GET.get("ticket", ""))
    except BadTicket as refused:
        messages.error(request, f"You were not signed in: {refused}.")
        return HttpResponseRedirect(reverse("admin:login"))
    login(request, user)
    return HttpResponseRedirect(f"{address('overview')}#{request.GET.get('module', '')}")
