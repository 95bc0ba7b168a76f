"""What channels sent and were told, in the back office; their connections and aliases."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin import display, register
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from oms.infra.backoffice.bases import ModelForm
from oms.infra.backoffice.display import Tone, badge, moment
from oms.infra.backoffice.filters import Menu, chips
from oms.infra.backoffice.links import list_address, page_address, page_link
from oms.infra.backoffice.lists import BackOfficeAdmin, PageAdmin
from oms.infra.backoffice.site import retailer_site
from orders.channels import adapter_codes, adapter_named
from orders.models import (
    ChannelAlias,
    ChannelConnection,
    ChannelDelivery,
    ChannelMessage,
    DeliveryState,
    MessageState,
    Order,
)
from orders.selectors import orders_numbered
from orders.services.channels import (
    deliveries_retry,
    earlier_secret_drop,
    messages_retry,
    secret_set,
    secrets_of,
    token_of,
    token_set,
)

if TYPE_CHECKING:
    from django.forms import CheckboxInput, PasswordInput, Select, TextInput
else:
    from unfold.widgets import UnfoldAdminPasswordWidget as PasswordInput
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput
    from unfold.widgets import UnfoldBooleanWidget as CheckboxInput

_MESSAGE_TONES = {
    MessageState.RECEIVED: Tone.WORKING,
    MessageState.TAKEN: Tone.DONE,
    MessageState.WAITING: Tone.WRONG,
    MessageState.IGNORED: Tone.NEUTRAL,
}
_DELIVERY_TONES = {
    DeliveryState.PENDING: Tone.WORKING,
    DeliveryState.DELIVERED: Tone.DONE,
    DeliveryState.FAILED: Tone.WRONG,
    DeliveryState.REFUSED: Tone.NEUTRAL,
}
_SECRET = re.compile(r"token|secret|password|order_key|authorization|signature|api_?key", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"([?&](?:key|token|signature|sig)=)[^&\"\s]+", re.IGNORECASE)
#: Characters of a body that are shown.
_SHOWN = 200_000


def pretty(body: bytes) -> str:
    """A body for people: JSON in lines, secrets hidden; anything else as it is."""
    text = body.decode(errors="replace")
    with suppress(ValueError, RecursionError):  # then it is shown as it came
        text = json.dumps(_hidden(json.loads(text)), indent=2, ensure_ascii=False)
    text = _IN_ADDRESS.sub(r"\1•••", text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}\n… {len(text) - _SHOWN:,} characters more"


def _hidden(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: "•••" if _SECRET.search(name) and isinstance(inner, str) and inner else _hidden(inner)
            for name, inner in value.items()
        }
    return [_hidden(inner) for inner in value] if isinstance(value, list) else value


class _RetryAdmin(PageAdmin[Any]):
    """Rows that can be tried again, one or all that need it."""

    list_before_template = "orders/retry_head.html"
    retry_word: str
    retry_state: str

    def get_urls(self) -> list[URLPattern]:
        """Trying again beside the usual addresses."""
        name = f"orders_{self.opts.model_name}"
        one, all_ = (self.admin_site.admin_view(view) for view in (self.retry_view, self.retry_all_view))
        return [
            path("<int:key>/retry/", one, name=f"{name}_retry"),
            path("retry/", all_, name=f"{name}_retry_all"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the button for all, for those who may press it."""
        address = f"{list_address(self.model)}retry/" if self.may_act(request) else ""
        return super().changelist_view(request, {"retry_all": address, "retry_word": self.retry_word})

    def retry(self, keys: list[int] | None) -> int:
        """Ask for it; None for all."""
        raise NotImplementedError

    @method_decorator(require_POST)
    def retry_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Try one again. Pressed twice, the second time says that it is on its way."""
        row = self.row_to_act_on(request, str(key))
        with transaction.atomic():
            count = self.retry([row.pk])
        if count:
            messages.success(request, "It is being tried again; load this page anew in a moment.")
        else:
            messages.info(request, "There is nothing to try again: it is done, or on its way.")
        return HttpResponseRedirect(page_address(row))

    @method_decorator(require_POST)
    def retry_all_view(self, request: HttpRequest) -> HttpResponse:
        """Try all again that need it."""
        if not self.may_act(request):
            raise PermissionDenied
        with transaction.atomic():
            count = self.retry(None)
        messages.success(request, f"{count:,} {'is' if count == 1 else 'are'} being tried again.")
        return HttpResponseRedirect(list_address(self.model))


@register(ChannelMessage, site=retailer_site)
class ChannelMessageAdmin(_RetryAdmin):
    """What channels have sent, newest first. What waits says why."""

    list_display = ("received", "state_word", "channel", "topic", "subject", "why")
    list_select_related = ("channel",)
    list_filter = (chips("state", MessageState.choices), ("channel", Menu))
    list_empty = "What a connected channel sends is listed here. Connect one under Connections."
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "The channel's number of the order"
    page_template = "orders/message_page.html"
    page_related = ("channel",)
    retry_word = "Try all that wait again"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChannelMessage]:
        """Without the bodies, which a list does not show."""
        return super().get_queryset(request).defer("body")

    @display(description="Received")
    def received(self, message: ChannelMessage) -> str:
        """When, in the retailer's zone."""
        return moment(message.received_at)

    @display(description="State")
    def state_word(self, message: ChannelMessage) -> SafeString:
        """In words."""
        return badge(message.get_state_display(), _MESSAGE_TONES[MessageState(message.state)])

    @display(description="Why")
    def why(self, message: ChannelMessage) -> str:
        """Why it waits or was ignored; a long reason is cut."""
        reason = message.reason[:1].upper() + message.reason[1:]
        return reason if len(reason) <= 90 else f"{reason[:89]}…"

    def find(self, rows: QuerySet[ChannelMessage], term: str) -> QuerySet[ChannelMessage]:
        """By the channel's number."""
        return rows.filter(subject=term.removeprefix("#"))

    def retry(self, keys: list[int] | None) -> int:
        """One or all that wait."""
        return messages_retry(message_ids=keys)

    def page_context(self, request: HttpRequest, row: ChannelMessage) -> dict[str, Any]:
        """What became of it, and what it says."""
        numbers = [each["external_number"] for each in row.outcomes if each.get("external_number")]
        orders = Order.objects.filter(channel=row.channel_id, external_number__in=numbers[:50])
        links = {order.external_number: page_link(order, order.number) for order in orders}
        return {
            "status": self.state_word(row),
            "outcomes": [{**each, "order": links.get(each.get("external_number"), "–")} for each in row.outcomes[:200]],
            "unshown": max(0, len(row.outcomes) - 200),
            "content": pretty(bytes(row.body)),
            "size": len(row.body),
            "headers": sorted(row.headers.items()),
            "may_retry": row.state in (MessageState.WAITING, MessageState.IGNORED),
        }


@register(ChannelDelivery, site=retailer_site)
class ChannelDeliveryAdmin(_RetryAdmin):
    """What channels were told, newest first, with what they answered."""

    list_display = ("asked", "state_word", "channel", "kind", "subject", "attempts", "answered")
    list_select_related = ("channel",)
    list_filter = (chips("state", DeliveryState.choices), ("channel", Menu))
    list_empty = "What a connected channel is told is listed here. Connect one under Connections."
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "Order number or SKU"
    page_template = "orders/delivery_page.html"
    page_related = ("channel",)
    retry_word = "Try all that failed again"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChannelDelivery]:
        """Without the payloads, which a list does not show."""
        return super().get_queryset(request).defer("payload", "content")

    @display(description="Asked for")
    def asked(self, delivery: ChannelDelivery) -> str:
        """When, in the retailer's zone."""
        return moment(delivery.created_at)

    @display(description="State")
    def state_word(self, delivery: ChannelDelivery) -> SafeString:
        """In words."""
        return badge(delivery.get_state_display(), _DELIVERY_TONES[DeliveryState(delivery.state)])

    @display(description="Answer")
    def answered(self, delivery: ChannelDelivery) -> str:
        """What came back last; a long answer is cut."""
        return delivery.answer if len(delivery.answer) <= 90 else f"{delivery.answer[:89]}…"

    def find(self, rows: QuerySet[ChannelDelivery], term: str) -> QuerySet[ChannelDelivery]:
        """By order or SKU."""
        numbers = Order.objects.filter(pk__in=orders_numbered(term)).values_list("number", flat=True)
        return rows.filter(subject__in=[*numbers, term])

    def retry(self, keys: list[int] | None) -> int:
        """One or all that failed."""
        return deliveries_retry(delivery_ids=keys)

    def page_context(self, request: HttpRequest, row: ChannelDelivery) -> dict[str, Any]:
        """What was to be told, and what was sent."""
        return {
            "status": self.state_word(row),
            "content": pretty(json.dumps(row.content).encode()),
            "payload": pretty(row.payload.encode()) if row.payload else "",
            "may_retry": row.state == DeliveryState.FAILED,
        }


class ConnectionForm(ModelForm[ChannelConnection]):
    """Secrets are typed in and never shown again."""

    adapter = forms.ChoiceField(
        label="Platform", widget=Select, choices=lambda: [(code, adapter_named(code).title) for code in adapter_codes()]
    )
    base_url = forms.URLField(
        required=False, assume_scheme="https", widget=TextInput, label="Address to tell it at",
        help_text="https://shop.example; empty: it is not told.",
    )  # fmt: skip
    new_secret = forms.CharField(
        required=False, strip=True, max_length=500, widget=PasswordInput, label="New secret for webhooks",
        help_text="Left empty, it stays as it is. The earlier one stays good beside it until you end the exchange.",
    )  # fmt: skip
    end_exchange = forms.BooleanField(
        required=False, widget=CheckboxInput, label="End the exchange: refuse the earlier secret from now on"
    )
    new_token = forms.CharField(
        required=False, strip=True, max_length=4000, widget=PasswordInput, label="New access token",
        help_text="With it the platform knows us. WooCommerce: consumer key:consumer secret. Empty: it stays.",
    )  # fmt: skip

    class Meta:
        model = ChannelConnection
        fields = ("channel", "adapter", "country", "base_url", "options")

    def clean_country(self) -> str:
        """In capitals."""
        return str(self.cleaned_data["country"]).upper()

    def clean(self) -> dict[str, Any] | None:
        """What the platform's adapter says of the options."""
        given = super().clean() or self.cleaned_data
        options, adapter = given.get("options"), given.get("adapter")
        if options is not None and not isinstance(options, dict):
            self.add_error("options", 'Options are an object: {"stock_location": "655"}.')
        elif adapter and options:
            fault = adapter_named(adapter).options_fault(options)
            if fault:
                self.add_error("options", f"{fault[:1].upper()}{fault[1:]}.")
        return given


@register(ChannelConnection, site=retailer_site)
class ChannelConnectionAdmin(BackOfficeAdmin[ChannelConnection]):
    """How channels are reached, and how they prove who they are."""

    form = ConnectionForm
    list_display = ("channel", "platform", "receives", "tells")
    list_select_related = ("channel",)
    ordering = ("channel_id",)
    sortable_by = ()
    readonly_fields = ("webhooks", "receives", "tells", "options_known")
    fieldsets = (
        (None, {"fields": ("channel", "adapter", "country")}),
        ("What it sends", {"fields": ("webhooks", "receives", "new_secret", "end_exchange")}),
        ("What it is told", {"fields": ("base_url", "tells", "new_token")}),
        ("What this platform needs to know", {"fields": ("options", "options_known")}),
    )

    @display(description="Platform")
    def platform(self, connection: ChannelConnection) -> str:
        """By its name."""
        known = connection.adapter in adapter_codes()
        return adapter_named(connection.adapter).title if known else connection.adapter

    @display(description="Address for its webhooks")
    def webhooks(self, connection: ChannelConnection) -> str:
        """Where the platform is to send."""
        if not connection.pk:
            return "It is shown once this has been saved."
        return f"/api/v1/channels/{connection.channel.code}/webhooks on this host"

    @display(description="Receiving")
    def receives(self, connection: ChannelConnection) -> SafeString:
        """Whether anything could be believed."""
        secrets = len(secrets_of(connection)) if connection.pk else 0
        if secrets == 2:
            return badge("Two secrets: both are good until the exchange ends", Tone.WORKING)
        if secrets:
            return badge("Ready: signed messages are taken", Tone.DONE)
        return badge("No secret: nothing is taken", Tone.WAITING)

    @display(description="Telling")
    def tells(self, connection: ChannelConnection) -> SafeString:
        """Whether it is told."""
        if not (connection.pk and connection.base_url):
            return badge("No address: it is not told", Tone.NEUTRAL)
        if not token_of(connection):
            return badge("No token: the platform may not know us", Tone.WAITING)
        return badge("Ready: it is told", Tone.DONE)

    @display(description="Options of this platform")
    def options_known(self, connection: ChannelConnection) -> str:
        """Each with its meaning."""
        if connection.adapter not in adapter_codes():
            return "They are listed once this has been saved."
        return "\n".join(f"{option.name}: {option.meaning}" for option in adapter_named(connection.adapter).OPTIONS)

    def save_model(self, request: HttpRequest, obj: ChannelConnection, form: Any, change: bool) -> None:
        """The secrets go through their services."""
        super().save_model(request, obj, form, change)
        given = form.cleaned_data
        if given.get("new_secret"):
            secret_set(connection_id=obj.pk, secret=given["new_secret"])
        if given.get("end_exchange"):
            earlier_secret_drop(connection_id=obj.pk)
        if given.get("new_token"):
            token_set(connection_id=obj.pk, token=given["new_token"])

    def get_readonly_fields(self, request: HttpRequest, obj: ChannelConnection | None = None) -> tuple[str, ...]:
        """A connection stays with its channel."""
        return (*self.readonly_fields, "channel") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: ChannelConnection | None = None) -> bool:
        """Nobody's: a channel that must rest is made inactive."""
        return False


@register(ChannelAlias, site=retailer_site)
class ChannelAliasAdmin(BackOfficeAdmin[ChannelAlias]):
    """Names that channels use for products and ways of shipping. An order that was taken keeps its product."""

    list_display = ("theirs", "ours", "kind", "channel")
    list_select_related = ("channel",)
    list_filter = (("channel", Menu),)
    ordering = ("channel_id", "kind", "theirs")
    sortable_by = ()
    search_help_text = "Either name"
    fields = ("channel", "kind", "theirs", "ours")

    def find(self, rows: QuerySet[ChannelAlias], term: str) -> QuerySet[ChannelAlias]:
        """By either name, exactly."""
        return rows.filter(theirs=term) | rows.filter(ours=term)
