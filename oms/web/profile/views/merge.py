"""A document of an upgrade merged by hand, in the typed form of the release that is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from modules.domain.canonical import Body
from modules.domain.documents import Reference
from modules.models import ModuleUpgrade
from modules.profile import profile_at
from modules.selectors import head_number
from modules.services import InvalidDocument
from modules.services.conversion import convert, documents_of
from modules.services.revise import FieldFault, validate
from modules.services.upgrade import UpgradeRefused
from modules.services.upgrade_review import Choice
from modules.services.upgrade_steps import may_choose, upgrade_choose
from oms.web.profile.kinds import document_title, schema_at
from oms.web.profile.nodes import Builder, place_faults
from oms.web.profile.reading import ROOT, Press, Reading
from oms.web.profile.references import missing, suggestions
from oms.web.profile.screens import address, number_given, screen
from oms.web.profile.specs import Schema
from oms.web.profile.views.upgrades import upgrade_numbered, upgrade_page


@dataclass(frozen=True, slots=True)
class Merging:
    """A document that is being merged: ``base`` is what the last merge, or the conversion, made of it.

    ``opened`` is the revision whose document was converted.
    """

    upgrade: ModuleUpgrade
    reference: Reference
    schema: Schema
    base: Body
    opened: int

    @property
    def name(self) -> str:
        """The document as the upgrade names it."""
        return f"{self.reference.kind}/{self.reference.key}"


@screen("GET", "POST", changes=True)
def merge(request: HttpRequest, number: int) -> HttpResponse:
    """The form, filled with the retailer's own document as it was converted."""
    opened = number_given(request.POST.get("opened") or str(head_number()), "revision")
    merging = _opened(upgrade_numbered(number), request.GET.get("document", ""), opened)
    verdict = may_choose(merging.upgrade)
    if not verdict:
        messages.error(request, f"Nothing can be merged: {verdict.reason}.")
        return HttpResponseRedirect(address("review", number))
    if request.method == "GET":
        return _form(request, merging, None)
    press = Press.of(request.POST.get("do", ""))
    reading = Reading(merging.schema, request.POST, merging.base, press)
    if press:
        return _form(request, merging, reading)
    faults = [*reading.faults, *_faults(merging, reading)]
    if faults:
        return _form(request, merging, reading, faults)
    try:
        upgrade_choose(upgrade_id=number, choices={merging.name: (Choice.MERGE, reading.body)})
    except UpgradeRefused as refused:
        messages.error(request, f"Nothing was merged: {refused}.")
    return HttpResponseRedirect(address("review", number) + f"#{merging.name}")


def _opened(upgrade: ModuleUpgrade, name: str, opened: int) -> Merging:
    kind, _, key = name.partition("/")
    reference = Reference(upgrade.module, kind, key)
    profile, schema = profile_at(opened), schema_at(upgrade.to_release, reference)
    live = profile.adopted.get(upgrade.module)
    document = None
    if live == upgrade.from_release:
        documents = documents_of(profile, upgrade.module)
        document = convert(upgrade.module, documents, before=live, after=upgrade.to_release).get((kind, key))
    if schema is None or document is None:
        message = f"Release {upgrade.to_release} gets no document “{name}” from your profile."
        raise Http404(message)
    chosen = upgrade.choices.get(name, {})
    merged = chosen.get("body") if chosen.get("choice") == Choice.MERGE else None
    return Merging(upgrade, reference, schema, merged if isinstance(merged, dict) else document.body, opened)


def _faults(merging: Merging, reading: Reading) -> Sequence[FieldFault]:
    try:
        validate(merging.reference, merging.upgrade.to_release, reading.body)
    except InvalidDocument as refused:
        return refused.faults
    root = Builder(merging.schema, reading.origins, None).node(merging.schema.root, reading.body, (), ROOT)
    return missing(root)


def _form(
    request: HttpRequest, merging: Merging, reading: Reading | None, faults: Sequence[FieldFault] | None = None
) -> HttpResponse:
    builder = Builder(merging.schema, reading.origins if reading else None, reading.focus if reading else None)
    root = builder.node(merging.schema.root, reading.body if reading else merging.base, (), ROOT)
    if faults is None and reading is None:
        faults = _standing_faults(merging)
    place_faults(root, faults or ())
    return upgrade_page(
        request, "merge", merging.upgrade, "review",
        opened=merging.opened, root=root, known=suggestions(root), changed=reading is not None, faulty=root.faulty,
        document=document_title(merging.upgrade.to_release, merging.reference),
        cancel=address("review", merging.upgrade.pk) + f"#{merging.name}",
    )  # fmt: skip


def _standing_faults(merging: Merging) -> Sequence[FieldFault]:
    """What the release would refuse as the document stands, so that it is seen before anything is sent."""
    try:
        validate(merging.reference, merging.upgrade.to_release, merging.base)
    except InvalidDocument as refused:
        return refused.faults
    return ()
