"""Keys of partners in the back office: issued and rotated with a secret that is shown once, revoked for good."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin import display, register
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from oms.infra.backoffice.display import Tone, badge, moment
from oms.infra.backoffice.links import list_address, page_address
from oms.infra.backoffice.lists import ReadOnlyAdmin
from oms.infra.backoffice.site import retailer_site
from oms.web.models import USUAL_BURST, USUAL_RATE, ApiKey
from oms.web.rights import Role, Scope
from oms.web.services.api_keys import (
    LONGEST_OVERLAP_HOURS,
    BadKey,
    UnknownApiKey,
    api_key_issue,
    api_key_revoke,
    api_key_rotate,
)
from orders.models import Channel

if TYPE_CHECKING:
    from django.forms import CheckboxInput, Select, TextInput
else:
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput
    from unfold.widgets import UnfoldBooleanSwitchWidget as CheckboxInput


class ApiKeyForm(forms.Form):
    """Who will use a key, and for what."""

    name = forms.CharField(max_length=120, label="Who uses it", widget=TextInput)
    role = forms.ChoiceField(
        choices=[(role.value, role.sentence) for role in Role], initial=Role.CHANNEL.value, required=False,
        label="Role", widget=Select,
    )  # fmt: skip
    may_write = forms.BooleanField(
        required=False, initial=True, widget=CheckboxInput,
        label="May place orders and change things, not only read",
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, f"{scope.sentence} ({scope.value})") for scope in Scope], required=False,
        widget=forms.CheckboxSelectMultiple, label="Rights", help_text="None chosen: what is usual for the role.",
    )  # fmt: skip
    channels = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Channels",
        help_text="None chosen: all channels. For the role Channel.",
    )  # fmt: skip
    locations = forms.CharField(
        required=False, widget=TextInput, label="Locations",
        help_text="Codes, separated by commas. For vendors and warehouses: they see the requests of these alone.",
    )  # fmt: skip
    networks = forms.CharField(
        required=False, widget=TextInput, label="Networks",
        help_text="Such as 203.0.113.0/24, separated by commas. None: from everywhere.",
    )  # fmt: skip
    rate_per_minute = forms.IntegerField(
        required=False, widget=TextInput, label="Calls a minute", help_text=f"None given: {USUAL_RATE:,}."
    )
    burst = forms.IntegerField(
        required=False, widget=TextInput, label="Calls at once", help_text=f"None given: {USUAL_BURST:,}."
    )
    days = forms.IntegerField(
        required=False, min_value=1, max_value=3650, widget=TextInput, label="Days until it expires",
        help_text="None given: it holds until it is revoked.",
    )  # fmt: skip

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        chosen: Any = self.fields["channels"]
        chosen.choices = list(Channel.objects.order_by("code").values_list("code", "name")[:200])

    def wanted(self) -> dict[str, Any]:
        """What :func:`api_key_issue` takes."""
        given = self.cleaned_data
        days = given["days"]
        role = Role(given["role"]) if given["role"] else None
        reads = role in (None, Role.CHANNEL) and not given["may_write"]
        return {
            "name": given["name"],
            "may_write": given["may_write"],
            "role": Role.READ_ONLY if reads and not given["channels"] and not given["scopes"] else role,
            "scopes": [Scope(name) for name in given["scopes"]] or None,
            "channels": given["channels"],
            "locations": _split(given["locations"]),
            "networks": _split(given["networks"]),
            "rate_per_minute": given["rate_per_minute"] or USUAL_RATE,
            "burst": given["burst"] or USUAL_BURST,
            "expires_at": timezone.now() + timedelta(days=days) if days else None,
        }


class RotateForm(forms.Form):
    """For how long the old secret is taken too."""

    hours = forms.IntegerField(min_value=0, max_value=LONGEST_OVERLAP_HOURS)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@register(ApiKey, site=retailer_site)
class ApiKeyAdmin(ReadOnlyAdmin[ApiKey]):
    """Keys of partners."""

    list_display = ("name", "prefix", "role_name", "rights", "state", "used", "created", "expires")
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        "name", "prefix", "role_name", "rights", "bound_to", "from_networks", "limits", "state", "used", "created",
        "expires", "rotated", "revoked",
    )  # fmt: skip
    readonly_fields = fields[2:]
    change_form_outer_after_template = "web/api_key_revoke.html"

    @display(description="Role")
    def role_name(self, key: ApiKey) -> str:
        """In a word."""
        return Role(key.role).sentence.partition(":")[0]

    @display(description="Rights")
    def rights(self, key: ApiKey) -> str:
        """What it may do."""
        if key.scopes is None and key.role == Role.CHANNEL:
            return "reads and writes" if key.may_write else "reads only"
        if key.role == Role.READ_ONLY and key.scopes is None:
            return "reads only"
        return ", ".join(sorted(key.rights)) or "nothing"

    @display(description="Bound to")
    def bound_to(self, key: ApiKey) -> str:
        """Its channels or locations."""
        codes = [*key.channels.values_list("code", flat=True), *key.locations.values_list("code", flat=True)]
        return ", ".join(sorted(codes)) or "all channels"

    @display(description="Networks")
    def from_networks(self, key: ApiKey) -> str:
        """Where it may be used."""
        return ", ".join(key.networks) or "from everywhere"

    @display(description="Limits")
    def limits(self, key: ApiKey) -> str:
        """How often it may call."""
        return f"{key.rate_per_minute:,} calls a minute, {key.burst:,} at once"

    @display(description="State")
    def state(self, key: ApiKey) -> SafeString:
        """Whether it is taken."""
        if key.revoked_at:
            return badge(f"Revoked: {moment(key.revoked_at)}", Tone.WRONG)
        if key.expires_at and key.expires_at <= timezone.now():
            return badge(f"Expired: {moment(key.expires_at)}", Tone.NEUTRAL)
        return badge("Live: it is accepted", Tone.DONE)

    @display(description="Last used")
    def used(self, key: ApiKey) -> str:
        """To the minute, in the retailer's zone."""
        return moment(key.last_used_at) or "never"

    @display(description="Issued")
    def created(self, key: ApiKey) -> str:
        """When, in the retailer's zone."""
        return moment(key.created_at)

    @display(description="Expires")
    def expires(self, key: ApiKey) -> str:
        """When, in the retailer's zone."""
        return moment(key.expires_at) or "never"

    @display(description="Secret before the last rotation")
    def rotated(self, key: ApiKey) -> str:
        """Until when it is taken too."""
        if key.previous_until is None:
            return "none: it was never rotated"
        verb = "is taken until" if key.previous_until > timezone.now() else "was taken until"
        return f"{verb} {moment(key.previous_until)}"

    @display(description="Revoked")
    def revoked(self, key: ApiKey) -> str:
        """When, in the retailer's zone."""
        return moment(key.revoked_at) or "no"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Those who may add keys."""
        return request.user.has_perm("web.add_apikey")

    def get_urls(self) -> list[URLPattern]:
        """Revoking and rotating beside the usual addresses."""
        revoke, rotate = (self.admin_site.admin_view(view) for view in (self.revoke_view, self.rotate_view))
        return [
            path("<int:key>/revoke/", revoke, name="web_apikey_revoke"),
            path("<int:key>/rotate/", rotate, name="web_apikey_rotate"),
            *super().get_urls(),
        ]

    @method_decorator(never_cache)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A form, and after it the token: shown in this one answer and kept nowhere."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ApiKeyForm(request.POST or None)
        token = None
        if form.is_valid():
            try:
                key, token = api_key_issue(**form.wanted())
            except BadKey as fault:
                form.add_error(fault.field, f"{str(fault)[:1].upper()}{str(fault)[1:]}.")
            else:
                self.log_addition(request, key, "Issued.")
        return self._once(request, "Issue an API key", form, token)

    def _once(self, request: HttpRequest, title: str, form: forms.Form, token: str | None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": title, "form": form, "token": token,
            "list_address": list_address(ApiKey),
        }  # fmt: skip
        return TemplateResponse(request, "web/api_key_issue.html", context)

    @method_decorator([never_cache, require_POST])
    def rotate_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """A new secret, shown in this one answer; the old one is taken for some hours more."""
        if not request.user.has_perm("web.change_apikey"):
            raise PermissionDenied
        row = self.get_object(request, str(key))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(key))
        form = RotateForm(request.POST)
        if not form.is_valid():
            messages.error(request, f"{row.name} keeps its secret. Give 0 to {LONGEST_OVERLAP_HOURS} hours.")
            return HttpResponseRedirect(page_address(row))
        hours = form.cleaned_data["hours"]
        try:
            with transaction.atomic():
                _, token = api_key_rotate(prefix=row.prefix, overlap=timedelta(hours=hours))
        except UnknownApiKey:
            messages.error(request, f"{row.name} is revoked and gets no new secret.")
            return HttpResponseRedirect(page_address(row))
        self.log_change(request, row, f"Rotated; the old secret is taken for {hours} hours more.")
        return self._once(request, "A new secret", form, token)

    @method_decorator(require_POST)
    def revoke_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Refuse the key from now on."""
        if not request.user.has_perm("web.change_apikey"):
            raise PermissionDenied
        row = self.get_object(request, str(key))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(key))
        api_key_revoke(prefix=row.prefix)
        self.log_change(request, row, "Revoked.")
        messages.success(request, f"{row.name}: the key {row.prefix} is refused from now on.")
        return HttpResponseRedirect(page_address(row))
