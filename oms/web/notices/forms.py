"""What people fill in about notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from oms.web.notices.kinds import NoticeKind
from oms.web.notices.services.templates import TemplateRefused, Words, words_check
from orders.models import Channel

if TYPE_CHECKING:
    from django.forms import EmailInput, Select, Textarea, TextInput
else:
    from unfold.widgets import UnfoldAdminEmailInputWidget as EmailInput
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldAdminTextareaWidget as Textarea
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput


class WordsForm(forms.Form):
    """The words of one kind of notice."""

    active = forms.BooleanField(label="Customers are told", required=False)
    subject = forms.CharField(max_length=150, label="Subject", widget=TextInput)
    body = forms.CharField(max_length=10_000, label="Text", strip=False, widget=Textarea(attrs={"rows": 14}))
    reply_to = forms.EmailField(
        label="Answers go to", required=False, widget=EmailInput, help_text="Empty: to the address that it came from."
    )

    def __init__(self, kind: NoticeKind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind

    def words(self) -> Words:
        """What was filled in."""
        given = self.cleaned_data
        return Words(
            active=given["active"], subject=given["subject"], body=given["body"], reply_to=given["reply_to"]
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Fields that there are not are told beside the text that names them."""
        given = super().clean() or {}
        if not self.errors:
            try:
                words_check(self.kind, self.words())
            except TemplateRefused as fault:
                self.add_error(fault.field, str(fault))
        return given


class NewWordsForm(WordsForm):
    """The words of one kind of notice, for every channel or for one."""

    channel = forms.ModelChoiceField(
        Channel.objects.none(), label="Channel", required=False, empty_label="Every channel without its own",
        widget=Select, help_text="A channel's own template holds for it also while it is off.",
    )  # fmt: skip
    field_order = ("channel", "active", "subject", "body", "reply_to")

    def __init__(self, kind: NoticeKind, *args: Any, **kwargs: Any) -> None:
        super().__init__(kind, *args, **kwargs)
        self.fields["channel"].queryset = Channel.objects.order_by("code")  # type: ignore[attr-defined]
