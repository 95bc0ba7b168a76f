"""Parcels travel into a staging clone with their requests; vans always, and with them the days and room taken.

Of a partial clone's vans, room taken for parcels that stay behind is free.
"""

from collections.abc import Mapping

from oms.kernel.travel import ALL, Rule, UsedBy, With

TRAVEL: Mapping[str, Rule] = {
    "carriers_fleetvan": ALL,
    "carriers_fleetday": ALL,
    "carriers_fleetstop": With("key", "carriers_parcel", key="number"),
    "carriers_manifest": UsedBy("carriers_parcel", "manifest_id"),
    "carriers_parcel": With("request_id", "requests_fulfilmentrequest"),
    "carriers_parceltrack": With("parcel_id", "carriers_parcel"),
}

SETTLE = (
    """
    UPDATE carriers_fleetday d SET parcels = w.parcels, grams = w.grams
    FROM (
        SELECT f.id, count(s.id) AS parcels, coalesce(sum(s.grams), 0) AS grams
        FROM carriers_fleetday f LEFT JOIN carriers_fleetstop s ON s.day_id = f.id AND s.voided_at IS NULL
        GROUP BY f.id
    ) w
    WHERE w.id = d.id AND (d.parcels, d.grams) <> (w.parcels, w.grams)
    """,
)
