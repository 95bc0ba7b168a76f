"""Keeping templates."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from oms.infra.accounts.models import User
from oms.web.notices.kinds import NoticeKind, fields_of
from oms.web.notices.models import NoticeTemplate
from oms.web.notices.wording import BadWording, one_line, wording_check
from orders.models import Channel


class TemplateRefused(ValueError):
    """A template cannot be kept. ``field`` names what is wrong, empty for all of it; the message says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a template says, and whether it is in use."""

    active: bool
    subject: str
    body: str
    reply_to: str = ""


def template_make(*, kind: NoticeKind, channel: Channel | None, words: Words, user: User) -> NoticeTemplate:
    """Keep words for a kind, on every channel (None) or on one. Raises :class:`TemplateRefused`."""
    return _write(NoticeTemplate(kind=kind, channel=channel), words, user)


def template_change(*, template_id: int, words: Words, user: User) -> NoticeTemplate:
    """Keep other words; notices that are written keep theirs.

    Raises :class:`TemplateRefused` and ``NoticeTemplate.DoesNotExist``.
    """
    with transaction.atomic():
        return _write(NoticeTemplate.objects.select_for_update().get(pk=template_id), words, user)


def words_check(kind: NoticeKind, words: Words) -> None:
    """Raises :class:`TemplateRefused` for words that could not be filled in."""
    for field, text in (("subject", words.subject), ("body", words.body)):
        if not text.strip():
            raise TemplateRefused(field, "Say something.")
        try:
            wording_check(text, known=fields_of(kind))
        except BadWording as fault:
            raise TemplateRefused(field, str(fault)) from fault


def _write(template: NoticeTemplate, words: Words, user: User) -> NoticeTemplate:
    words_check(NoticeKind(template.kind), words)
    template.active, template.reply_to = words.active, words.reply_to
    template.subject, template.body = one_line(words.subject), words.body.replace("\r\n", "\n")
    template._history_user = user  # type: ignore[attr-defined]  # who did it, for the template's history
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as fault:
        raise TemplateRefused("channel", "There is a template for this already; change that one.") from fault
    return template
