"""Reading saved views."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q

from oms.infra.accounts.models import User
from oms.web.workspace.models import DefaultView, SavedView


def views_of(*, label: str, user: User) -> Sequence[SavedView]:
    """The views of a list that somebody has: shared ones first. ``opens`` tells with which the list opens."""
    opens = DefaultView.objects.filter(user=user, list=label, view=OuterRef("pk"))
    views = SavedView.objects.filter(Q(shared=True) | Q(owner=user), list=label).annotate(opens=Exists(opens))
    return list(views.order_by("-shared", "name", "id"))
