"""How long a retailer keeps its decisions: its own to say."""

from __future__ import annotations

from modules.models import FEWEST_MONTHS, JournalRetention


class RetentionTooShort(ValueError):
    """Fewer months than the journal is kept at least."""

    def __init__(self, months: int) -> None:
        super().__init__(
            f"decisions are kept for at least {FEWEST_MONTHS} months, so that orders can be explained and releases "
            f"previewed; {months} is too few"
        )


def journal_retention_set(*, months: int | None, author: str) -> JournalRetention:
    """Keep decisions for so many whole months before the present one; None keeps them for ever.

    Nothing is dropped now: the next run of ``maintain`` goes by it. Raises :class:`RetentionTooShort`.
    """
    if months is not None and months < FEWEST_MONTHS:
        raise RetentionTooShort(months)
    return JournalRetention.objects.create(months=months, author=author)
