"""What must always hold for parcels, manifests and vans."""

from oms.infra.verification import Invariant

INVARIANTS = [
    Invariant(
        "van_room_equals_stops",
        "room taken in a van on a day is that of the parcels it carries",
        """
        SELECT d.id, d.parcels, coalesce(s.parcels, 0), d.grams, coalesce(s.grams, 0) FROM carriers_fleetday d
        LEFT JOIN (SELECT day_id, count(*) AS parcels, sum(grams) AS grams FROM carriers_fleetstop
                   WHERE voided_at IS NULL GROUP BY day_id) s ON s.day_id = d.id
        WHERE d.parcels <> coalesce(s.parcels, 0) OR d.grams <> coalesce(s.grams, 0)
        """,
    ),
    Invariant(
        "van_stops_equal_parcels",
        "each parcel that a van carries is a booked parcel, and each booked one is carried",
        """
        SELECT coalesce(s.key, p.number), s.tracking_number, p.tracking_number FROM
            (SELECT key, tracking_number FROM carriers_fleetstop WHERE voided_at IS NULL) s
        FULL JOIN (SELECT number, tracking_number FROM carriers_parcel
                   WHERE adapter = 'own_fleet' AND status IN ('booked', 'shipped')) p ON p.number = s.key
        WHERE s.tracking_number IS DISTINCT FROM p.tracking_number
        """,
    ),
    Invariant(
        "shipped_parcels_are_on_a_manifest",
        "a shipped parcel has a tracking number and is on a manifest of its location and carrier",
        """
        SELECT p.number, p.tracking_number, p.manifest_id FROM carriers_parcel p
        JOIN requests_fulfilmentrequest r ON r.id = p.request_id
        LEFT JOIN carriers_manifest m ON m.id = p.manifest_id
        WHERE p.status = 'shipped' AND (p.tracking_number = '' OR m.id IS NULL OR m.location_id <> r.location_id
                                        OR m.carrier <> p.carrier)
        """,
    ),
    Invariant(
        "tracking_numbers_are_given_once",
        "no two parcels of one carrier have the same tracking number, so none is on two manifests",
        """
        SELECT adapter, tracking_number, count(*) FROM carriers_parcel WHERE tracking_number <> ''
        GROUP BY adapter, tracking_number HAVING count(*) > 1
        """,
    ),
    Invariant(
        "parcel_prices_add_up",
        "the price of a parcel is the sum of its lines",
        """
        SELECT p.number, p.amount, c.total FROM carriers_parcel p CROSS JOIN LATERAL (
            SELECT coalesce(sum((item ->> 'amount')::numeric), 0) AS total FROM jsonb_array_elements(p.charges) item
        ) c WHERE p.amount <> c.total
        """,
    ),
    Invariant(
        "arrived_with_the_last_parcel",
        "a request all of whose parcels have arrived has arrived",
        """
        SELECT r.number, p.left_behind FROM requests_shipment s
        JOIN requests_fulfilmentrequest r ON r.id = s.request_id
        JOIN (SELECT request_id, count(*) FILTER (WHERE delivered_at IS NULL) AS left_behind FROM carriers_parcel
              WHERE status IN ('booking', 'booked', 'voiding', 'shipped') GROUP BY request_id) p
            ON p.request_id = r.id
        WHERE s.delivered_at IS NULL AND p.left_behind = 0
        """,
    ),
    Invariant(
        "delivered_parcels_were_told_of",
        "of each parcel that has arrived it was told",
        """
        SELECT p.number FROM carriers_parcel p WHERE p.delivered_at IS NOT NULL
            AND NOT EXISTS (SELECT FROM carriers_parceltrack t WHERE t.parcel_id = p.id AND t.delivered)
        """,
    ),
]
