"""Promoting a release, and going back from it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from modules.domain.documents import Reference
from modules.models import ModuleAdoption, ModuleUpgrade, ProfileRevision, UpgradeStatus
from modules.profile import current_profile
from modules.selectors import head_number
from modules.services import InvalidDocument, StaleEdit
from modules.services.conversion import NoConversion
from modules.services.plans import open_plan
from modules.services.references import profile_unknown_references
from modules.services.upgrade import UpgradeRefused, may_promote, module_rollback, upgrade_promote
from modules.services.upgrade_plan import may_decide, may_plan
from modules.services.upgrade_review import upgrade_review
from oms.kernel.verdict import Verdict
from oms.web.profile.figures import figures_since
from oms.web.profile.inflight import effects_since, in_flight_on, since_promotion
from oms.web.profile.kinds import Change, changed_documents, module_title
from oms.web.profile.screens import address, author, changed_meanwhile, screen
from oms.web.profile.views.history import Comparison, compared
from oms.web.profile.views.plans import in_flight_chosen
from oms.web.profile.views.upgrades import OPEN, upgrade_numbered, upgrade_page

#: Unknown codes that are told after going back.
_UNKNOWN = 5


@screen("GET", "POST")
def promote(request: HttpRequest, number: int) -> HttpResponse:
    """What would become live; and, once the module's name is typed, make it so."""
    upgrade = upgrade_numbered(number, lock=request.method == "POST")
    if upgrade.status in (UpgradeStatus.PROMOTED, UpgradeStatus.ROLLED_BACK):
        return _promoted(request, upgrade)
    wrong = ""
    if request.method == "POST":
        if request.POST.get("confirm", "").strip() == upgrade.module:
            return _promote(request, upgrade)
        wrong = f"Type {upgrade.module} to confirm."
    verdict = may_promote_now(upgrade)
    return upgrade_page(
        request, "promote", upgrade, "promote",
        verdict=verdict, wrong=wrong, comparison=_what_would_change(upgrade), found=upgrade.preview or {},
        reason=request.POST.get("reason", ""), since=in_flight_on(upgrade.module, upgrade.from_release),
        plan=(plan := open_plan(upgrade)), plans=upgrade.plans.all()[:5], may_plan=may_plan(upgrade),
        may_decide=may_decide(plan, author(request)) if plan else None, zone=timezone.get_current_timezone_name(),
    )  # fmt: skip


def may_promote_now(upgrade: ModuleUpgrade) -> Verdict:
    """As the service says; and refused beforehand where it would find that the plan is stale."""
    verdict = may_promote(upgrade)
    head = head_number()
    if verdict and upgrade.previewed_revision != head:
        last = ProfileRevision.objects.get(number=head)
        return Verdict.no(
            f"{last.author} has changed the profile since the preview (revision {head}, “{last.reason}”; the preview "
            f"was made with revision {upgrade.previewed_revision}): preview again"
        )
    return verdict


def _what_would_change(upgrade: ModuleUpgrade) -> Comparison | None:
    profile = current_profile()
    if upgrade.status not in OPEN or profile.adopted.get(upgrade.module) != upgrade.from_release:
        return None
    try:
        review = upgrade_review(module=upgrade.module, to=upgrade.to_release, choices=upgrade.choices)
    except NoConversion:
        return None
    after = {Reference(upgrade.module, *where): document for where, document in review.documents.items()}
    changed = changed_documents(
        profile.raw(upgrade.module), after,
        old={upgrade.module: upgrade.from_release}, new={upgrade.module: upgrade.to_release},
    )  # fmt: skip
    return Comparison([Change(module_title(upgrade.module), upgrade.from_release, upgrade.to_release)], changed)


def _promote(request: HttpRequest, upgrade: ModuleUpgrade) -> HttpResponse:
    reason = request.POST.get("reason", "").strip()[:500]
    try:
        revision = upgrade_promote(
            upgrade_id=upgrade.pk, author=author(request), reason=reason, in_flight=in_flight_chosen(request)
        )
    except (UpgradeRefused, InvalidDocument) as refused:
        messages.error(request, f"Nothing was promoted: {refused}.")
    except StaleEdit as stale:
        messages.error(request, f"Nothing was promoted: {changed_meanwhile(stale)}. Preview again.")
    else:
        words = f"{module_title(upgrade.module)} {upgrade.to_release} is live since revision {revision}."
        messages.success(request, words)
    return HttpResponseRedirect(address("promote", upgrade.pk))


def _promoted(request: HttpRequest, upgrade: ModuleUpgrade) -> HttpResponse:
    assert upgrade.promoted_revision is not None
    return upgrade_page(
        request, "promoted", upgrade, "promote",
        revision=ProfileRevision.objects.get(number=upgrade.promoted_revision), since=since_promotion(upgrade),
        comparison=compared(upgrade.promoted_revision - 1, upgrade.promoted_revision),
        may_go_back=may_roll_back(upgrade), figures=figures_since(upgrade), effects=effects_since(upgrade),
        plans=upgrade.plans.all()[:5],
    )  # fmt: skip


def may_roll_back(upgrade: ModuleUpgrade) -> Verdict:
    """Whether this promotion can be taken back now."""
    if upgrade.status != UpgradeStatus.PROMOTED:
        return Verdict.no(f"the upgrade is {upgrade.status.replace('_', ' ')}")
    live = ModuleAdoption.objects.filter(module=upgrade.module).values_list("release", flat=True).first()
    if live != upgrade.to_release:
        return Verdict.no(f"{upgrade.module} {live or 'is not adopted'} is live now, not {upgrade.to_release}")
    newest = ModuleUpgrade.objects.filter(
        module=upgrade.module, status=UpgradeStatus.PROMOTED, to_release=upgrade.to_release
    ).first()
    return Verdict.yes() if newest == upgrade else Verdict.no("a later promotion of the same release is live")


@screen("GET", "POST")
def rollback(request: HttpRequest, number: int) -> HttpResponse:
    """What becomes of what has happened since; then go back.

    The row is locked, so that a second click finds it done.
    """
    upgrade = upgrade_numbered(number, lock=request.method == "POST")
    verdict = may_roll_back(upgrade)
    if request.method == "POST":
        if verdict:
            _roll_back(request, upgrade)
        else:
            messages.info(request, f"Nothing was rolled back: {verdict.reason}.")
        return HttpResponseRedirect(address("rollback", number))
    if upgrade.promoted_revision is None:
        return HttpResponseRedirect(address("review", number))
    edits = ProfileRevision.objects.filter(number__gt=upgrade.promoted_revision)
    if upgrade.rolled_back_revision:
        edits = edits.filter(number__lt=upgrade.rolled_back_revision)
    return upgrade_page(
        request, "rollback", upgrade, "rollback",
        verdict=verdict, since=since_promotion(upgrade), edits=edits.order_by("number")[:20],
        promoted=ProfileRevision.objects.get(number=upgrade.promoted_revision), effects=effects_since(upgrade),
    )  # fmt: skip


def _roll_back(request: HttpRequest, upgrade: ModuleUpgrade) -> None:
    reason = request.POST.get("reason", "").strip()[:500]
    try:
        revision = module_rollback(
            module=upgrade.module, author=author(request), reason=reason, in_flight=in_flight_chosen(request)
        )
    except (UpgradeRefused, NoConversion, InvalidDocument) as refused:
        messages.error(request, f"Nothing was rolled back: {refused}.")
    else:
        words = f"{module_title(upgrade.module)} is back at {upgrade.from_release} since revision {revision}."
        messages.success(request, words)
        for unknown in profile_unknown_references(upgrade.module)[:_UNKNOWN]:
            messages.warning(request, f"To be put right: {unknown.sentence}.")
