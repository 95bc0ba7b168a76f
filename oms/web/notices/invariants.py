"""What must always hold for notices."""

from oms.infra.verification import Invariant
from oms.web.notices.kinds import KINDS_BY_EVENT

_PAIRS = ", ".join(f"('{name}', '{kind.value}')" for name, kind in KINDS_BY_EVENT.items())

INVARIANTS = [
    Invariant(
        "notice_tells_of_its_event",
        "a notice tells of an event of its kind that happened to its order",
        f"""
        SELECT n.id, n.kind, e.name, e.subject, o.number
        FROM notices_notice n JOIN infra_event e ON e.id = n.event_id JOIN orders_order o ON o.id = n.order_id
        WHERE e.subject <> o.number OR (e.name, n.kind) NOT IN ({_PAIRS})
        """,
    ),
    Invariant(
        "notice_outcome_is_told",
        "a notice that was sent says so on the timeline of its order",
        """
        SELECT n.id FROM notices_notice n JOIN orders_order o ON o.id = n.order_id
        WHERE n.status = 'sent' AND NOT EXISTS (
            SELECT FROM infra_event e WHERE e.subject_kind = 'order' AND e.subject = o.number
              AND e.name = 'order.notice_sent.v1' AND (e.payload ->> 'notice')::bigint = n.id)
        """,
    ),
    Invariant(
        "notice_leaves_no_clone",
        "no notice was sent from a staging clone",
        "SELECT id FROM notices_notice WHERE status = 'sent' AND current_schema() LIKE '%\\_\\_staging'",
    ),
]
