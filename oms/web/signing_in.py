"""Who is signed in, read together with what every page of theirs says beside its content."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend
from django.db.models import IntegerField
from django.db.models.expressions import RawSQL
from django.http import HttpRequest

from oms.infra.accounts.models import User
from oms.infra.database.context import served_schema
from oms.infra.database.identity import PUBLIC_SCHEMA

# Exact at every moment and for no statement more: the person is read for every page anyway. Both tables are tiny.
_NEW_RELEASES = """
SELECT count(*) FROM modules_moduleadoption adopted WHERE NOT adopted.held AND EXISTS (
    SELECT FROM public.publishing_publishedrelease published WHERE published.module = adopted.module
    AND string_to_array(published.version, '.')::int[] > string_to_array(adopted.release, '.')::int[])
"""


class StaffBackend(ModelBackend):
    """Django's own, by name and password; a retailer's staff are told how many modules have a newer release."""

    def get_user(self, user_id: int) -> User | None:
        """The person of a session, with ``new_releases``: modules with a newer release that are not held."""
        if served_schema() == PUBLIC_SCHEMA:
            return super().get_user(user_id)
        counted = User.objects.annotate(new_releases=RawSQL(_NEW_RELEASES, (), output_field=IntegerField()))  # noqa: S611 - no input
        user = counted.filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None


def new_releases(request: HttpRequest) -> str:
    """The badge at “Upgrades” in the sidebar; empty where there is nothing to be told."""
    count = getattr(request.user, "new_releases", 0)
    return f"{count} new" if count else ""
