"""Keeping views of lists."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from django.db import IntegrityError, transaction

from oms.infra.accounts.models import User
from oms.infra.backoffice.lists import VIEW_VAR
from oms.web.workspace.models import DefaultView, SavedView

#: What a view does not keep: the page somebody happened to be on, and which view it was made from.
_PASSED_OVER = {"p", "e", VIEW_VAR}
_QUERY_LENGTH = 2000


class ViewRefused(ValueError):
    """A view cannot be kept or changed; the message says why."""


def view_save(*, label: str, name: str, query: str, user: User, shared: bool) -> SavedView:
    """Keep a view of the list ``orders.order`` under a name. Raises :class:`ViewRefused`."""
    name = " ".join(name.split())
    if not name:
        message = "Give the view a name."
        raise ViewRefused(message)
    view = SavedView(list=label, name=name[:60], owner=user, shared=shared, query=kept(query))
    return _write(view, user)


def view_update(*, view: SavedView, query: str, user: User) -> SavedView:
    """Let a view show what the list shows now. Raises :class:`ViewRefused`."""
    refuse_unless_changeable(view, user)
    view.query = kept(query)
    return _write(view, user)


def view_delete(*, view: SavedView, user: User) -> None:
    """Forget a view; for whom it opened the list, the list opens whole again. Raises :class:`ViewRefused`."""
    refuse_unless_changeable(view, user)
    view._history_user = user  # type: ignore[attr-defined]  # who did it, for the view's history
    view.delete()


def view_set_default(*, label: str, view: SavedView | None, user: User) -> None:
    """Open a list with this view for this person; None: open it whole."""
    if view is None:
        DefaultView.objects.filter(user=user, list=label).delete()
    else:
        DefaultView.objects.update_or_create(user=user, list=label, defaults={"view": view})


def refuse_unless_changeable(view: SavedView, user: User) -> None:
    """A private view is its owner's; a shared one is for those who may share. Raises :class:`ViewRefused`."""
    if user.has_perm("workspace.share_savedview") if view.shared else view.owner_id == user.pk:
        return
    message = "This view is shared by all; only those who may share views can change it."
    raise ViewRefused(message)


def kept(query: str) -> str:
    """The end of an address in the one form that is kept: without page and view, in order."""
    pairs = [(name, value) for name, value in parse_qsl(query.lstrip("?")) if name not in _PASSED_OVER]
    text = urlencode(sorted(pairs))
    if len(text) > _QUERY_LENGTH:
        message = "This list is narrowed by more than a view can keep."
        raise ViewRefused(message)
    return text


def _write(view: SavedView, user: User) -> SavedView:
    view._history_user = user  # type: ignore[attr-defined]  # who did it, for the view's history
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as fault:
        message = f"There is a view called {view.name} already; give this one another name."
        raise ViewRefused(message) from fault
    return view
