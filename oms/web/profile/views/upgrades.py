"""Modules and their releases; holding a module; beginning an upgrade and the review of its documents."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString

from modules import registry
from modules.domain.canonical import Body, Json
from modules.domain.documents import Reference
from modules.models import ModuleAdoption, ModuleUpgrade, UpgradeStatus
from modules.publishing.models import PublishedRelease
from modules.publishing.selectors import published_releases
from modules.services.adopt import module_adopt
from modules.services.conversion import NoConversion
from modules.services.upgrade import UpgradeRefused, module_hold, upgrade_begin
from modules.services.upgrade_move import moves_ask
from modules.services.upgrade_review import Choice, Review, TouchedDocument, upgrade_review
from modules.services.upgrade_steps import may_choose, upgrade_abandon, upgrade_choose
from oms.kernel.verdict import Verdict
from oms.web.profile.inflight import InFlight, in_flight_on
from oms.web.profile.kinds import document_title, in_order, module_title, schema_at, spelt, told
from oms.web.profile.notes import notes_as_html
from oms.web.profile.screens import Crumb, address, author, page, screen
from oms.web.profile.specs import Path, Schema
from oms.web.profile.values import fault_in_words, leaves
from oms.web.profile.views.documents import newer_releases

_AT_ONCE = 20
OPEN = (UpgradeStatus.AVAILABLE, UpgradeStatus.PREVIEWING, UpgradeStatus.READY, UpgradeStatus.BLOCKED)


@dataclass(frozen=True, slots=True)
class Offered:
    """A published release that could be adopted."""

    release: PublishedRelease
    notes: SafeString


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """A module with everything about its releases."""

    name: str
    title: str
    adoption: ModuleAdoption
    release_title: str
    offered: tuple[Offered, ...]
    open: ModuleUpgrade | None
    promoted: ModuleUpgrade | None
    past: tuple[ModuleUpgrade, ...]
    in_flight: InFlight


@screen()
def overview(request: HttpRequest) -> HttpResponse:
    """All modules: what is live, what is held, what could be adopted."""
    rows = [_row(adoption) for adoption in ModuleAdoption.objects.all()]
    adopted = {row.name for row in rows}
    free = [_free(module) for module in registry.module_names() if module not in adopted]
    return page(
        request, "upgrades", "Upgrades", Crumb("Profile", address("overview")),
        rows=rows, free=[module for module in free if module.offered],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FreeModule:
    """A module that is not adopted, with its published releases, the newest first."""

    name: str
    title: str
    offered: tuple[Offered, ...]


def _free(module: str) -> FreeModule:
    offered = tuple(Offered(item, notes_as_html(item.notes)) for item in reversed(published_releases(module)))
    return FreeModule(module, module_title(module), offered)


def _row(adoption: ModuleAdoption) -> ModuleRow:
    upgrades = list(ModuleUpgrade.objects.filter(module=adoption.module)[:10])
    offered = tuple(Offered(item, notes_as_html(item.notes)) for item in newer_releases(adoption))
    promoted = ModuleUpgrade.objects.filter(
        module=adoption.module, status=UpgradeStatus.PROMOTED, to_release=adoption.release
    )
    return ModuleRow(
        name=adoption.module,
        title=module_title(adoption.module),
        adoption=adoption,
        release_title=registry.release(adoption.module, adoption.release).title,
        offered=offered,
        open=next((item for item in upgrades if item.status in OPEN), None),
        promoted=promoted.first(),
        past=tuple(item for item in upgrades if item.status not in OPEN),
        in_flight=in_flight_on(adoption.module, adoption.release),
    )


@screen("POST", changes=True)
def hold(request: HttpRequest, module: str) -> HttpResponse:
    """Hold a module, or release the hold. Pressed twice, it does nothing the second time."""
    adoption = ModuleAdoption.objects.filter(module=module).first()
    if adoption is None:
        message = f"The module {module} is not adopted."
        raise Http404(message)
    held = request.POST.get("held") == "yes"
    if adoption.held != held:
        why = request.POST.get("reason", "").replace("\x00", "").strip()
        reason = f"{'Held' if held else 'Released'} {module}" + (f": {why}" if why else "")
        module_hold(module=module, held=held, author=author(request), reason=reason[:500])
        words = "is held: no notices, and no upgrade until you release the hold" if held else "is not held any more"
        messages.success(request, f"{module_title(module)} {words}.")
    return HttpResponseRedirect(address("upgrades") + f"#{module}")


@screen("POST", changes=True)
def begin(request: HttpRequest, module: str) -> HttpResponse:
    """Begin the upgrade of a module, or go on with the one that is open."""
    to = request.POST.get("to", "")
    try:
        upgrade = upgrade_begin(module=module, to=to, author=author(request))
    except UpgradeRefused as refused:
        messages.error(request, f"No upgrade was begun: {refused}.")
        return HttpResponseRedirect(address("upgrades") + f"#{module}")
    return HttpResponseRedirect(address("review", upgrade.pk))


@screen("POST", changes=True)
def adopt(request: HttpRequest, module: str) -> HttpResponse:
    """Take a module up, with the documents that its release begins with."""
    try:
        revision = module_adopt(module=module, to=request.POST.get("to") or None, author=author(request))
    except UpgradeRefused as refused:
        messages.error(request, f"Nothing was adopted: {refused}.")
    else:
        live = ModuleAdoption.objects.get(module=module).release
        words = f"{module_title(module)} {live} is adopted since revision {revision}, as it is delivered."
        messages.success(request, words)
    return HttpResponseRedirect(address("upgrades") + f"#{module}")


@screen("POST", changes=True)
def move(request: HttpRequest, module: str) -> HttpResponse:
    """Move the unfinished work of one release to the release that is live, by a job."""
    try:
        [asked] = moves_ask(module=module, before=request.POST.get("from", ""), author=author(request))
    except UpgradeRefused as refused:
        messages.error(request, f"Nothing is moved: {refused}.")
    else:
        total = f"{asked.total:,} unfinished order{'' if asked.total == 1 else 's'}"
        messages.success(request, f"{total} of {asked.from_release} are on their way to {asked.to_release}.")
    return HttpResponseRedirect(address("upgrades") + f"#{module}")


def upgrade_numbered(number: int, *, lock: bool = False) -> ModuleUpgrade:
    """An upgrade. Raises ``Http404``."""
    rows = ModuleUpgrade.objects.select_for_update() if lock else ModuleUpgrade.objects
    found = rows.filter(pk=number).first() if number < 2**63 else None
    if found is None:
        message = f"There is no upgrade {number}."
        raise Http404(message)
    return found


def upgrade_page(
    request: HttpRequest, template: str, upgrade: ModuleUpgrade, step: str, **context: object
) -> HttpResponse:
    """A page of one upgrade, under the row of its steps."""
    title = f"{module_title(upgrade.module)} {upgrade.from_release} → {upgrade.to_release}"
    above = Crumb("Profile", address("overview")), Crumb("Upgrades", address("upgrades"))
    return page(
        request, template, title, *above,
        upgrade=upgrade, step=step, steps=_steps(upgrade), is_open=upgrade.status in OPEN,
        module_title=module_title(upgrade.module), status_word=upgrade.status.replace("_", " ").capitalize(),
        status_tone=_TONES[UpgradeStatus(upgrade.status)], **context,
    )  # fmt: skip


_TONES = {
    UpgradeStatus.AVAILABLE: "neutral",
    UpgradeStatus.PREVIEWING: "working",
    UpgradeStatus.READY: "done",
    UpgradeStatus.BLOCKED: "wrong",
    UpgradeStatus.PROMOTED: "done",
    UpgradeStatus.ROLLED_BACK: "waiting",
    UpgradeStatus.ABANDONED: "neutral",
}


def _steps(upgrade: ModuleUpgrade) -> list[tuple[str, str, str]]:
    steps = [("review", "1. Review", address("review", upgrade.pk))]
    if upgrade.status != UpgradeStatus.ABANDONED:
        steps.append(("preview", "2. Preview", address("preview", upgrade.pk)))
    if upgrade.status in (UpgradeStatus.READY, UpgradeStatus.PROMOTED, UpgradeStatus.ROLLED_BACK):
        steps.append(("promote", "3. Promote", address("promote", upgrade.pk)))
    if upgrade.status in (UpgradeStatus.PROMOTED, UpgradeStatus.ROLLED_BACK):
        steps.append(("rollback", "4. Roll back", address("rollback", upgrade.pk)))
    return steps


@dataclass(frozen=True, slots=True)
class Cell:
    """A field in one version of a document; ``other`` where the version before it had it otherwise."""

    words: str
    other: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A field in every version; ``mark`` says where only one of the releases knows it."""

    label: str
    mark: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Touched:
    """A document that the change touches, its versions side by side."""

    name: str
    kind: str
    key: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    choice: str
    decidable: bool
    has_new: bool
    fresh: bool
    merge: str


@dataclass(frozen=True, slots=True)
class Blocking:
    """What the release would refuse."""

    title: str
    field: str
    message: str
    address: str


@screen()
def review(request: HttpRequest, number: int) -> HttpResponse:
    """Every document that the change touches, and what the release would refuse."""
    upgrade = upgrade_numbered(number)
    verdict = may_choose(upgrade)
    if upgrade.status not in OPEN or not _begins_where_it_did(upgrade):
        return upgrade_page(request, "upgrade_closed", upgrade, "review", verdict=verdict)
    try:
        found = upgrade_review(module=upgrade.module, to=upgrade.to_release, choices=upgrade.choices)
    except NoConversion as fault:
        return upgrade_page(request, "upgrade_closed", upgrade, "review", verdict=Verdict.no(str(fault)))
    decidable = [item for item in found.touched if item.converted is not None]
    shown = Paginator(found.touched, _AT_ONCE).get_page(request.GET.get("page"))
    return upgrade_page(
        request, "review", upgrade, "review",
        found=found, verdict=verdict, shown=shown, touched=[_side_by_side(upgrade, item) for item in shown],
        reviewed=sum(_name(item) in upgrade.choices for item in decidable), decidable=len(decidable),
        untouched=len(found.documents) - sum(item.converted is not None for item in found.touched),
        blocking=_blocking(upgrade, found),
    )  # fmt: skip


def _begins_where_it_did(upgrade: ModuleUpgrade) -> bool:
    return ModuleAdoption.objects.filter(module=upgrade.module, release=upgrade.from_release).exists()


def _name(item: TouchedDocument) -> str:
    return f"{item.kind}/{item.key}"


def _side_by_side(upgrade: ModuleUpgrade, item: TouchedDocument) -> Touched:
    reference = Reference(upgrade.module, item.kind, item.key)
    chosen = upgrade.choices.get(_name(item), {})
    merge: Body | None = chosen.get("body") if chosen.get("choice") == Choice.MERGE else None
    versions = [
        (f"As delivered, {upgrade.from_release}", item.original),
        (f"Yours now, {upgrade.from_release}", item.yours),
        (f"Yours, converted to {upgrade.to_release}", item.converted),
        (f"As delivered, {upgrade.to_release}", item.new),
        ("Merged by you", merge),
    ]
    there = [(head, dict(leaves(body, entries=True))) for head, body in versions if body is not None]
    old, new = (schema_at(version, reference) for version in (upgrade.from_release, upgrade.to_release))
    paths = in_order({path for _, fields in there for path in fields if path}, new or old)
    return Touched(
        _name(item), item.kind, item.key,
        document_title(upgrade.to_release if item.converted is not None else upgrade.from_release, reference),
        tuple(head for head, _ in there), tuple(_row_of(path, there, old, new) for path in paths),
        str(chosen.get("choice", "")), item.converted is not None, item.new is not None, item.yours is None,
        address("merge", upgrade.pk, document=_name(item)),
    )  # fmt: skip


def _row_of(path: Path, versions: list[tuple[str, dict[Path, Json]]], old: Schema | None, new: Schema | None) -> Row:
    """A field by the newer schema, or by the older one where only that knows it."""
    before, after = (schema is not None and str(path[0]) in schema.root.properties for schema in (old, new))
    mark = "" if old is None or new is None or before == after else "new" if after else "goes"
    schema = new if after or old is None else old
    cells: list[Cell] = []
    earlier: str | None = None
    for _, fields in versions:
        words = told(schema, path, fields[path]) if path in fields else None
        cells.append(Cell(words or "", None not in (earlier, words) and words != earlier))
        earlier = words
    return Row(spelt(schema, path), mark, tuple(cells))


def _blocking(upgrade: ModuleUpgrade, found: Review) -> list[Blocking]:
    blocking = []
    for fault in found.faults:
        reference = Reference(upgrade.module, fault.kind, fault.key)
        schema = schema_at(upgrade.to_release, reference)
        blocking.append(
            Blocking(
                document_title(upgrade.to_release, reference), spelt(schema, fault.path) if fault.path else "Document",
                fault_in_words(fault.message),
                address("merge", upgrade.pk, document=f"{fault.kind}/{fault.key}") if schema else "",
            )
        )  # fmt: skip
    return blocking


@screen("POST", changes=True)
def choose(request: HttpRequest, number: int) -> HttpResponse:
    """Keep mine or take the new one, for one document or for all that nobody has decided about."""
    upgrade = upgrade_numbered(number)
    wanted = {"keep_mine": Choice.KEEP_MINE, "take_new": Choice.TAKE_NEW}.get(request.POST.get("choice", ""))
    name = request.POST.get("document", "")
    try:
        found = upgrade_review(module=upgrade.module, to=upgrade.to_release, choices=upgrade.choices)
        known = {_name(item): item for item in found.touched if item.converted is not None}
        names = [each for each in known if each not in upgrade.choices] if name == "*" else [name]
        if wanted is None or any(each not in known for each in names):
            message = f"There is no decision “{request.POST.get('choice', '')}” to take about “{name}”."
            raise Http404(message)
        if wanted is Choice.TAKE_NEW and any(known[each].new is None for each in names):
            message = f"Release {upgrade.to_release} delivers no “{name}”."
            raise Http404(message)
        upgrade_choose(upgrade_id=number, choices=dict.fromkeys(names, (wanted, None)))
    except (UpgradeRefused, NoConversion) as refused:
        messages.error(request, f"Nothing was decided: {refused}.")
    return HttpResponseRedirect(address("review", number, page=request.POST.get("page", "")) + f"#{name}")


@screen("POST", changes=True)
def abandon(request: HttpRequest, number: int) -> HttpResponse:
    """Give an upgrade up. Nothing has changed for the retailer."""
    upgrade = upgrade_numbered(number)
    try:
        with transaction.atomic():
            upgrade_abandon(upgrade_id=number)
        messages.success(request, f"The upgrade of {module_title(upgrade.module)} was given up; nothing has changed.")
    except UpgradeRefused as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(address("review", number))
    return HttpResponseRedirect(address("upgrades") + f"#{upgrade.module}")
