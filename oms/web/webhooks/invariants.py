"""What must always hold for webhooks."""

from oms.infra.verification import Invariant
from oms.web.webhooks.catalogue import TOLD_OF
from oms.web.webhooks.services.fan_out import HISTORY
from oms.web.webhooks.services.prune import KEPT

# Types that always tell of their fact; the others depend on what is in it and are looked at in the query.
_FOR_PARTNERS = ("order.note_written.v1", "order.attachment_added.v1")
_ALWAYS = [
    (source, event.name)
    for source, events in TOLD_OF.items()
    if len(events) == 1 and source not in _FOR_PARTNERS
    for event in events
]
_PAIRS = ", ".join(f"('{source}', '{event}')" for source, event in _ALWAYS)

INVARIANTS = [
    Invariant(
        "webhook_facts_are_told",
        "every public event behind the floor has a delivery for each endpoint subscribed to it",
        f"""
        WITH types (source, event, condition) AS (
            SELECT source, event, NULL FROM (VALUES {_PAIRS}) pairs (source, event)
            UNION ALL VALUES
                ('order.payment_moved.v1', 'payment.authorised', 'authorise'),
                ('order.payment_moved.v1', 'payment.captured', 'capture'),
                ('order.payment_moved.v1', 'payment.refunded', 'refund'),
                ('order.payment_moved.v1', 'payment.voided', 'void'),
                ('order.line_cancelled.v1', 'order.cancelled', 'left'),
                ('order.line_cancelled.v1', 'return.recorded', 'back'),
                ('order.note_written.v1', 'order.note_written', 'partners'),
                ('order.attachment_added.v1', 'order.file_added', 'partners')
        )
        SELECT n.reference, t.event, f.id
        FROM webhooks_position p
        JOIN infra_event f ON f.id > p.event_began AND f.id <= p.event_floor
            AND f.recorded_at > now() - interval '{KEPT.days - 1} days'
            AND f.occurred_at > f.recorded_at - interval '{HISTORY.days} days'
        JOIN types t ON t.source = f.name AND CASE t.condition
            WHEN 'left' THEN (f.payload ->> 'quantity')::bigint > (f.payload ->> 'returned')::bigint
            WHEN 'partners' THEN coalesce((f.payload ->> 'for_partners')::boolean, false)
            WHEN 'back' THEN (f.payload ->> 'returned')::bigint > 0
            ELSE t.condition IS NULL OR f.payload ->> 'operation' = t.condition END
        JOIN webhooks_subscription s ON s.event = t.event AND s.after_event < f.id
        JOIN webhooks_endpoint n ON n.id = s.endpoint_id AND n.state <> 'removed' AND f.id > n.filters_since
            AND (n.locations = '{{}}' OR coalesce(f.payload ->> 'location', '') = ''
                 OR f.payload ->> 'location' = ANY(n.locations))
        LEFT JOIN orders_order o ON f.subject_kind = 'order' AND o.number = f.subject
        LEFT JOIN orders_channel c ON c.id = o.channel_id
        WHERE (n.channels = '{{}}' OR c.code IS NULL OR c.code = ANY(n.channels))
          AND NOT EXISTS (
            SELECT FROM webhooks_message m JOIN webhooks_delivery d ON d.message_id = m.id AND d.endpoint_id = n.id
            WHERE m.fact_id = f.id AND m.event = t.event)
        """,
    ),
    Invariant(
        "webhook_delivered_was_taken",
        "a delivery that has arrived has a call that was answered with success",
        """
        SELECT d.id FROM webhooks_delivery d
        WHERE d.status = 'delivered' AND NOT EXISTS (
            SELECT FROM webhooks_attempt a WHERE a.delivery_id = d.id AND a.status BETWEEN 200 AND 299)
        """,
    ),
    Invariant(
        "webhook_endpoints_can_sign",
        "an endpoint that is called has exactly one current secret",
        """
        SELECT n.reference FROM webhooks_endpoint n
        WHERE n.state <> 'removed' AND current_schema() NOT LIKE '%%\\_\\_staging' AND NOT EXISTS (
            SELECT FROM webhooks_endpointsecret s WHERE s.endpoint_id = n.id AND s.expires_at IS NULL)
        """.replace("%%", "%"),
    ),
]
