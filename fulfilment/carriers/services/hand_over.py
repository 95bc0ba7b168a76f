"""Parcels leave with their request."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

# One open manifest for each location and carrier: whoever needs it first makes it.
_OPEN = """
INSERT INTO carriers_manifest (location_id, carrier, status, closed_by, carrier_reference)
SELECT DISTINCT r.location_id, p.carrier, 'open', '', ''
FROM carriers_parcel p JOIN requests_fulfilmentrequest r ON r.id = p.request_id
WHERE p.request_id = ANY(%(requests)s) AND p.status = 'booked' AND r.status = 'shipped'
ORDER BY 1, 2
ON CONFLICT (location_id, carrier) WHERE status = 'open' DO NOTHING
"""
# Manifests are held so that none is closed before its parcels are on it.
_HOLD = """
SELECT id FROM carriers_manifest WHERE status = 'open' AND (location_id, carrier) IN (
    SELECT r.location_id, p.carrier FROM carriers_parcel p JOIN requests_fulfilmentrequest r ON r.id = p.request_id
    WHERE p.request_id = ANY(%(requests)s) AND p.status = 'booked' AND r.status = 'shipped'
) ORDER BY id FOR SHARE
"""
_LEAVE = """
UPDATE carriers_parcel p SET status = 'shipped', shipped_at = r.shipped_at, manifest_id = m.id
FROM requests_fulfilmentrequest r, carriers_manifest m
WHERE r.id = p.request_id AND m.location_id = r.location_id AND m.carrier = p.carrier AND m.status = 'open'
  AND p.request_id = ANY(%(requests)s) AND p.status = 'booked' AND r.status = 'shipped'
"""
_WAITING = """
SELECT 1 FROM carriers_parcel p JOIN requests_fulfilmentrequest r ON r.id = p.request_id
WHERE p.request_id = ANY(%(requests)s) AND p.status = 'booked' AND r.status = 'shipped' LIMIT 1
"""
#: A manifest may be closed between finding it and holding it; then a new one is opened.
_ATTEMPTS = 5


class ManifestContention(RuntimeError):
    """The manifest was closed again and again meanwhile; try again in a moment."""


def parcels_hand_over(*, request_ids: Collection[int]) -> int:
    """Put the booked parcels of shipped requests on the open manifest of their location and carrier.

    Return how many left. What has left already stays as it is.
    """
    given = {"requests": list(request_ids)}
    left = 0
    with connection.cursor() as cursor:
        for _ in range(_ATTEMPTS):
            cursor.execute(_WAITING, given)
            if cursor.fetchone() is None:
                return left
            cursor.execute(_OPEN, given)
            cursor.execute(_HOLD, given)
            cursor.execute(_LEAVE, given)
            left += int(cursor.rowcount)
        cursor.execute(_WAITING, given)
        if cursor.fetchone() is None:
            return left
    message = "parcels wait for a manifest that is closed again and again; try again in a moment"
    raise ManifestContention(message)
