"""The preview of an upgrade: asked for, watched, and what it found."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse

from modules.contracts.routing import Step
from modules.models import Decision, ReplayedDecision, UpgradeStatus
from modules.outcomes import outcomes_in_words
from modules.selectors import head_number
from modules.services.upgrade import UpgradeRefused, may_promote
from modules.services.upgrade_steps import may_preview, preview_request
from oms.web.profile.clones import clone_shown
from oms.web.profile.figures import Figure, figure, signed
from oms.web.profile.screens import address, screen
from oms.web.profile.views.upgrades import OPEN, upgrade_numbered, upgrade_page

_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two decisions that a preview compares."""

    outcome: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """An order that would be decided otherwise."""

    subject: str
    cause: str
    before: Side
    after: Side
    effects: tuple[str, ...]


@screen()
def preview(request: HttpRequest, number: int) -> HttpResponse:
    """The progress while it runs; afterwards what changed, why, and every order that would go otherwise."""
    upgrade = upgrade_numbered(number)
    found: dict[str, Any] = upgrade.preview or {}
    cause = request.GET.get("cause", "")
    changes = upgrade.changes.filter(cause=cause) if cause else upgrade.changes.all()
    shown = Paginator(changes.order_by("id"), _AT_ONCE).get_page(request.GET.get("page"))
    head = head_number()
    return upgrade_page(
        request, "preview", upgrade, "preview",
        found=found, running=upgrade.status == UpgradeStatus.PREVIEWING, asked=may_preview(upgrade),
        same=found.get("replayed", 0) - found.get("changed", 0), figures=list(_figures(found)),
        causes=_causes(found, cause), cause=cause, shown=shown, changed=_told(list(shown)),
        stale=upgrade.status in OPEN and bool(found) and upgrade.previewed_revision != head, head=head,
        promotable=may_promote(upgrade), clone=clone_shown(upgrade),
    )  # fmt: skip


def _figures(found: dict[str, Any]) -> Iterator[Figure]:
    for currency, decisions in sorted(_by_currency(found.get("costed")).items()):
        before, after = (Decimal(_by_currency(found[name])[currency]) for name in ("cost_before", "cost_after"))
        yield figure(f"Cost of {decisions:,} decisions{currency and f', {currency}'}", before, after, places=2)
    for word, name in (("Parcels", "parcels"), ("Units without a place", "unplaced")):
        if f"{name}_before" in found and (found[f"{name}_before"] or found[f"{name}_after"]):
            yield figure(word, Decimal(found[f"{name}_before"]), Decimal(found[f"{name}_after"]))


def _by_currency(kept: Any) -> dict[str, Any]:
    """What is kept by currency; previews that were made before that kept one number, whatever the currency."""
    return kept if isinstance(kept, dict) else {"": kept} if kept else {}


def _causes(found: dict[str, Any], chosen: str) -> list[tuple[str, int, bool, str]]:
    causes: dict[str, int] = found.get("causes", {})
    ordered = sorted(causes.items(), key=lambda item: (-item[1], item[0]))
    return [(cause, count, cause == chosen, "?" + urlencode({"cause": cause})) for cause, count in ordered]


def _told(rows: Iterable[ReplayedDecision]) -> list[Changed]:
    found = list(rows)
    ids = [row.decision_id for row in found]
    asked = {item.pk: item for item in Decision.objects.filter(pk__in=ids).only("module", "policy")}
    which = [_which(asked.get(row.decision_id)) for row in found]
    before = outcomes_in_words([(*name, row.before["outcome"]) for name, row in zip(which, found, strict=True)])
    after = outcomes_in_words([(*name, row.after["outcome"]) for name, row in zip(which, found, strict=True)])
    return [
        Changed(row.subject, row.cause, _side(row.before, old), _side(row.after, new), tuple(_effects(row.effect)))
        for row, old, new in zip(found, before, after, strict=True)
    ]


def _which(decision: Decision | None) -> tuple[str, str]:
    return (decision.module, decision.policy) if decision else ("", "")


def _side(written: dict[str, Any], outcome: tuple[str, ...]) -> Side:
    return Side(outcome, tuple(Step(*step) for step in written["steps"]))


def _effects(effect: dict[str, Any]) -> Iterator[str]:
    if effect.get("cost") is not None and Decimal(effect["cost"]):
        yield f"cost {signed(Decimal(effect['cost']), 2)} {effect.get('currency') or ''}".rstrip()
    for name, word in (("parcels", "parcel"), ("unplaced_units", "unit without a place")):
        if number := effect.get(name):
            yield f"{signed(Decimal(number))} {word if abs(number) == 1 else _plural(word)}"
    if effect.get("kilometres"):
        yield f"{signed(Decimal(effect['kilometres']))} km"


def _plural(word: str) -> str:
    return "units without a place" if word.startswith("unit") else f"{word}s"


@screen("POST", changes=True)
def ask(request: HttpRequest, number: int) -> HttpResponse:
    """Ask a worker for the preview. It goes on when this page is closed."""
    upgrade_numbered(number)
    try:
        preview_request(upgrade_id=number)
    except UpgradeRefused as refused:
        messages.error(request, f"No preview was begun: {refused}.")
    return HttpResponseRedirect(address("preview", number))


@screen()
def progress(request: HttpRequest, number: int) -> HttpResponse:
    """How far the preview is, for the bar."""
    upgrade = upgrade_numbered(number)
    return JsonResponse(
        {
            "running": upgrade.status == UpgradeStatus.PREVIEWING,
            "replayed": upgrade.replayed,
            "to_replay": upgrade.to_replay,
        }
    )


@screen()
def report(request: HttpRequest, number: int) -> HttpResponse:
    """Every decision that would change, as a table for a spreadsheet."""
    upgrade = upgrade_numbered(number)
    content = io.StringIO()
    writer = csv.writer(content)
    writer.writerow(
        [
            "order",
            "cause",
            "cost",
            "currency",
            "parcels",
            "units without a place",
            "km",
            "before",
            "after",
            "why before",
            "why after",
        ]
    )
    rows = list(upgrade.changes.order_by("id"))
    for row, told in zip(rows, _told(rows), strict=True):
        effect = row.effect
        writer.writerow([
            _cell(told.subject), _cell(told.cause), effect.get("cost") or "", effect.get("currency") or "",
            effect.get("parcels", ""),
            effect.get("unplaced_units", ""), "" if effect.get("kilometres") is None else effect["kilometres"],
            _cell("; ".join(told.before.outcome)), _cell("; ".join(told.after.outcome)),
            _cell(_why(told.before)), _cell(_why(told.after)),
        ])  # fmt: skip
    name = f"preview-{upgrade.module}-{upgrade.from_release}-to-{upgrade.to_release}.csv"
    return HttpResponse(
        "\ufeff" + content.getvalue(),  # by the mark at its beginning a spreadsheet knows that it is UTF-8
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _why(side: Side) -> str:
    return "; ".join(f"{step.subject or 'order'}: {step.rule}: {step.why}" for step in side.steps)


def _cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
