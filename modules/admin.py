"""How long decisions are kept, in the retailer's back office."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.admin import display, register
from django.db.models import Model
from django.http import HttpRequest

from modules.models import USUAL_MONTHS, JournalRetention
from modules.services.journal_retention import journal_retention_set
from oms.infra.backoffice.bases import ModelForm
from oms.infra.backoffice.display import moment
from oms.infra.backoffice.lists import MasterDataAdmin, acting
from oms.infra.backoffice.site import retailer_site


@register(JournalRetention, site=retailer_site)
class JournalRetentionAdmin(MasterDataAdmin[JournalRetention]):
    """What was said about it, newest first: the first row is in force. Nothing is changed; a new word is added."""

    list_display = ("kept", "author", "since")
    list_display_links = None
    sortable_by = ()
    fields = ("months",)
    help_texts: ClassVar[dict[str, str]] = {
        "months": f"Whole months before the present one, at least 3. Empty keeps decisions for ever. Until somebody "
        f"says otherwise it is {USUAL_MONTHS}. A month that explains an order which is still open is kept longer."
    }

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With a fuller explanation than the database needs."""
        return super().get_form(request, obj, change, help_texts=self.help_texts, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Not empty: for ever is for somebody to say, not to overlook."""
        return {"months": USUAL_MONTHS}

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody's: what held before stays on record."""
        return False

    def save_model(
        self, request: HttpRequest, obj: JournalRetention, form: ModelForm[JournalRetention], change: bool
    ) -> None:
        """Through the service, in the name of who says so."""
        said = journal_retention_set(months=obj.months, author=acting(request))
        obj.pk, obj.author, obj.set_at = said.pk, said.author, said.set_at

    @display(description="Decisions are kept")
    def kept(self, said: JournalRetention) -> str:
        """For how long."""
        return str(said)

    @display(description="Since")
    def since(self, said: JournalRetention) -> str:
        """When it was said, in the retailer's zone."""
        return moment(said.set_at)
