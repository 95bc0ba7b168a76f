"""What must always hold for the journal of decisions."""

from oms.infra.verification import Invariant

INVARIANTS = [
    Invariant(
        "decision_number_once",
        "a number names one decision, in whichever month it was made",
        "SELECT id, count(*) FROM modules_decision GROUP BY id HAVING count(*) > 1",
    ),
    Invariant(
        "decision_has_its_context",
        "the shared facts that a decision was made on are kept",
        """
        SELECT d.subject, d.id, encode(d.context, 'hex') FROM modules_decision d
        WHERE d.context IS NOT NULL AND NOT EXISTS (
            SELECT FROM modules_decisioncontext c WHERE c.digest = d.context)
        """,
    ),
]
