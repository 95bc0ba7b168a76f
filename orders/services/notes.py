"""Notes and files on orders."""

from __future__ import annotations

import hashlib

from django.utils import timezone

from oms.infra.events import record
from orders.domain.attachments import content_type_of, may_attach
from orders.life_events import AttachmentAdded, AttachmentRemoved, NoteWritten
from orders.models import Order, OrderAttachment, OrderNote
from orders.services.order_state import order_lock

MOST_CHARACTERS = 4000
#: Files on one order.
MOST_FILES = 50


class NoteRefused(ValueError):
    """The note says nothing, or too much."""


class FileRefused(ValueError):
    """The file is not taken; the message says why."""


def note_write(*, order_number: str, text: str, author: str, for_partners: bool = False) -> OrderNote:
    """Write a note. Raises :class:`NoteRefused`, :class:`~orders.models.Order.DoesNotExist`."""
    order = Order.objects.get(number=order_number)
    said = text.strip().replace("\x00", "")
    if not 0 < len(said) <= MOST_CHARACTERS:
        message = f"a note has between 1 and {MOST_CHARACTERS:,} characters"
        raise NoteRefused(message)
    note = OrderNote.objects.create(order=order, text=said, for_partners=for_partners, author=author)
    record([
        NoteWritten(subject=order.number, occurred_at=timezone.now(), actor=author, for_partners=for_partners)
    ])  # fmt: skip
    return note


def file_attach(
    *, order_number: str, name: str, content: bytes, author: str, for_partners: bool = False
) -> OrderAttachment:
    """Put a file on an order; the same content again is the file that is there. Raises :class:`FileRefused`."""
    order = order_lock(order_number)
    short = name.replace("\\", "/").rpartition("/")[2].strip()
    short = "".join(letter for letter in short if letter.isprintable())[-120:]
    verdict = may_attach(short, content)
    if not verdict:
        raise FileRefused(verdict.reason)
    digest = hashlib.sha256(content).hexdigest()
    files = OrderAttachment.objects.filter(order=order).defer("content")
    earlier = files.filter(sha256=digest, for_partners=for_partners).first()
    if earlier:
        return earlier
    if files.count() >= MOST_FILES:
        message = f"an order has at most {MOST_FILES} files"
        raise FileRefused(message)
    attached = OrderAttachment.objects.create(
        order=order, name=short, content_type=content_type_of(short), size=len(content), sha256=digest,
        content=content, author=author, for_partners=for_partners,
    )  # fmt: skip
    record([
        AttachmentAdded(
            subject=order.number, occurred_at=timezone.now(), actor=author, name=short, size=len(content),
            sha256=digest, for_partners=for_partners,
        )
    ])  # fmt: skip
    return attached


def file_remove(*, order_number: str, sha256: str, author: str) -> None:
    """Take a file that partners see off an order, for who put it there. Gone already, it does nothing.

    Raises :class:`FileRefused` where somebody else put it there, ``Order.DoesNotExist``.
    """
    order = order_lock(order_number)
    found = OrderAttachment.objects.filter(order=order, sha256=sha256, for_partners=True).defer("content").first()
    if found is None:
        return
    if found.author != author:
        message = f"{found.name} was put there by somebody else, who alone can take it away"
        raise FileRefused(message)
    found.delete()
    record([
        AttachmentRemoved(
            subject=order.number, occurred_at=timezone.now(), actor=author, name=found.name, sha256=sha256
        )
    ])  # fmt: skip
