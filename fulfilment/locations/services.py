"""What a retailer does with its locations."""

from __future__ import annotations

from collections.abc import Collection

from fulfilment.locations.models import Location


def locations_pause(*, location_ids: Collection[int], paused: bool) -> set[int]:
    """Let locations take no new work, or take it again; return those for which that is a change."""
    locations = Location.objects.select_for_update().filter(pk__in=location_ids, paused=not paused).order_by("pk")
    changed = set(locations.values_list("pk", flat=True))
    Location.objects.filter(pk__in=changed).update(paused=paused)
    return changed
