"""The stretches of time before and after a promotion that are compared: of equal length, and observed for as long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from modules.models import ModuleUpgrade, ProfileRevision

#: A whole week, so that every weekday is in both windows; less where the promotion is younger.
LONGEST = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start``, before ``end``. What happens to its orders later is not looked at."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Windows:
    """Both sides of a promotion; ``complete`` when the second one has ended for good.

    ``other_changes`` is how often the profile was changed otherwise in either: what differs may be their doing.
    """

    before: Window
    after: Window
    complete: bool
    other_changes: int

    @property
    def length(self) -> timedelta:
        """Of either."""
        return self.after.end - self.after.start


def windows_around(upgrade: ModuleUpgrade, now: datetime) -> Windows:
    """The windows around the promotion of an upgrade: a week each, or the time since, or until it was rolled back."""
    assert upgrade.promoted_revision is not None
    numbers = [upgrade.promoted_revision, *filter(None, [upgrade.rolled_back_revision])]
    moments = dict(ProfileRevision.objects.filter(number__in=numbers).values_list("number", "created_at"))
    promoted = moments[upgrade.promoted_revision]
    last = min(promoted + LONGEST, moments.get(upgrade.rolled_back_revision or 0, promoted + LONGEST))
    end = min(last, now)
    before = Window(promoted - (end - promoted), promoted)
    others = ProfileRevision.objects.filter(created_at__gte=before.start, created_at__lt=end).exclude(
        number__in=numbers
    )
    return Windows(before, Window(promoted, end), last <= now, others.count())
