"""What the buttons above a list do with its saved views."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from oms.infra.backoffice.lists import VIEW_VAR
from oms.web.workspace.lists import WHOLE, address_of, person
from oms.web.workspace.models import SavedView
from oms.web.workspace.registry import ActionGone, list_of
from oms.web.workspace.services import ViewRefused, view_delete, view_save, view_set_default, view_update


class ViewForm(forms.Form):
    """A view to keep."""

    list = forms.CharField(max_length=80)
    name = forms.CharField(max_length=60)
    query = forms.CharField(max_length=2000, required=False)
    shared = forms.BooleanField(required=False)
    opens = forms.BooleanField(required=False)


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what a list shows under a name."""
    form = ViewForm(request.POST)
    address = _list_address(request, request.POST.get("list", ""))
    back = f"{address}?{request.POST.get('query', '')[:2000]}"
    if not form.is_valid():
        messages.error(request, "The view was not kept: give it a name of 60 characters at most.")
        return HttpResponseRedirect(back)
    given = form.cleaned_data
    user = person(request)
    if given["shared"] and not user.has_perm("workspace.share_savedview"):
        raise PermissionDenied
    try:
        view = view_save(
            label=given["list"], name=given["name"], query=given["query"], user=user, shared=given["shared"]
        )
    except ViewRefused as fault:
        messages.error(request, str(fault))
        return HttpResponseRedirect(back)
    if given["opens"]:
        view_set_default(label=view.list, view=view, user=user)
    messages.success(request, f"The view {view.name} is kept.")
    return HttpResponseRedirect(address_of(address, view))


@require_POST
def update(request: HttpRequest, key: int) -> HttpResponse:
    """Let a view show what its list shows now."""
    view = _view(request, key)
    query = request.POST.get("query", "")
    try:
        view_update(view=view, query=query, user=person(request))
    except ViewRefused as fault:
        messages.error(request, str(fault))
        return HttpResponseRedirect(f"{_list_address(request, view.list)}?{query[:2000]}&{VIEW_VAR}={key}")
    messages.success(request, f"The view {view.name} now shows this.")
    return HttpResponseRedirect(address_of(_list_address(request, view.list), view))


@require_POST
def delete(request: HttpRequest, key: int) -> HttpResponse:
    """Forget a view."""
    view = _view(request, key)
    try:
        view_delete(view=view, user=person(request))
    except ViewRefused as fault:
        messages.error(request, str(fault))
        return HttpResponseRedirect(address_of(_list_address(request, view.list), view))
    messages.success(request, f"The view {view.name} is gone. What it showed is as it was.")
    return HttpResponseRedirect(f"{_list_address(request, view.list)}?{VIEW_VAR}={WHOLE}")


@require_POST
def opens(request: HttpRequest, key: int) -> HttpResponse:
    """Open the list with this view from now on, or no longer."""
    view = _view(request, key)
    chosen = view if request.POST.get("opens") else None
    view_set_default(label=view.list, view=chosen, user=person(request))
    said = f"The list opens with {view.name} for you." if chosen else "The list opens whole for you."
    messages.success(request, said)
    return HttpResponseRedirect(address_of(_list_address(request, view.list), view))


def _view(request: HttpRequest, key: int) -> SavedView:
    """A view that this person has. Raises ``Http404``."""
    view = SavedView.objects.filter(Q(shared=True) | Q(owner=person(request)), pk=key).first()
    if view is None:
        message = "There is no view with this number."
        raise Http404(message)
    return view


def _list_address(request: HttpRequest, label: str) -> str:
    """Address of a list that this person may view. Raises ``Http404``, ``PermissionDenied``."""
    try:
        admin = list_of(label)
    except ActionGone as fault:
        raise Http404(str(fault)) from fault
    if not admin.has_view_permission(request):
        raise PermissionDenied
    return reverse(f"admin:{admin.opts.app_label}_{admin.opts.model_name}_changelist")
