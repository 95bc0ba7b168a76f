"""The staging clone of an upgrade as its page shows it, and the ticket with which its staff enter it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.utils import timezone

from modules.models import CloneState, ModuleUpgrade, PreviewClone
from modules.selectors import head_number
from modules.services.preview_clone import STEPS, may_open_clone
from oms.infra.accounts.models import User
from oms.infra.database.context import served_schema
from oms.infra.models import IdempotentAnswer
from oms.kernel.verdict import Verdict

#: A ticket is used as soon as it is given; whoever finds it in a log afterwards can do nothing with it.
TICKET_SECONDS = 60
_SALT = "entering the staging clone of an upgrade"
#: As the caller under whose name used tickets are remembered.
_USED = "ticket into a clone"

_WORDS = {
    "asked": "Waiting for a worker",
    "structure": "Copying the tables",
    "rows": "Copying your newest orders, with stock, locations and the profile",
    "keys and indexes": "Building keys and indexes",
    "guards": "Setting the guards of the profile",
    "release": "Promoting the release in the clone",
}


@dataclass(frozen=True, slots=True)
class CloneShown:
    """What the page says about the clone. ``state`` is a status, or ``none``, or ``expired``."""

    state: str
    asked: Verdict
    step: int
    steps: int
    words: str
    why: str
    host: str
    made_at: datetime | None
    expires_at: datetime | None
    #: Made of an earlier revision of the profile than the present one.
    outdated: bool

    @property
    def running(self) -> bool:
        """Whether a worker is asked to do something about it."""
        return self.state in (CloneState.ASKED, CloneState.MAKING, CloneState.DROPPING)


def clone_shown(upgrade: ModuleUpgrade) -> CloneShown:
    """The clone of an upgrade, and whether one can be asked for."""
    asked = may_open_clone(upgrade)
    clone = PreviewClone.objects.filter(pk=upgrade.pk).first()
    if clone is None:
        return CloneShown("none", asked, 0, len(STEPS), "", "", "", None, None, False)
    state = clone.status
    if state == CloneState.READY and clone.expires_at and clone.expires_at <= timezone.now():
        state = "expired"
    step = STEPS.index(clone.phase) if clone.phase in STEPS else 0
    words = "Dropping the clone" if state == CloneState.DROPPING else _WORDS.get(clone.phase, "")
    return CloneShown(
        state, asked, step, len(STEPS), words, clone.why, clone.host, clone.made_at, clone.expires_at,
        clone.revision != head_number(),
    )  # fmt: skip


class BadTicket(ValueError):
    """The ticket does not let anybody in; the message says why and what to do."""


def ticket_for(user: User, schema: str) -> str:
    """Lets somebody who is signed in here enter a clone once, as the same user, within a minute."""
    told = {"schema": schema, "user": user.get_username(), "once": secrets.token_urlsafe(16)}
    return signing.dumps(told, salt=_SALT)


def user_of(ticket: str) -> User:
    """Who enters the clone that is being served. A ticket is used up by this. Raises :class:`BadTicket`."""
    try:
        told = signing.loads(ticket, salt=_SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature as bad:
        message = "the link is too old, or not one of ours: open the clone from the page of the upgrade"
        raise BadTicket(message) from bad
    if told["schema"] != served_schema():
        message = "the link leads to another clone: open the clone from the page of the upgrade"
        raise BadTicket(message)
    _, fresh = IdempotentAnswer.objects.get_or_create(
        caller=_USED, key=told["once"], defaults={"request_digest": b"", "status": 200, "body": {}}
    )
    if not fresh:
        message = "the link has been used already: open the clone from the page of the upgrade"
        raise BadTicket(message)
    user = User.objects.filter(username=told["user"], is_active=True, is_staff=True).first()
    if user is None:
        message = f"{told['user']} was not yet on the staff when this clone was made: make it anew"
        raise BadTicket(message)
    return user
