"""Adopt, preview, promote, move, roll back, hold: a retailer's upgrade of one module from the command line."""

from __future__ import annotations

import getpass
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from modules import registry
from modules.inflight import in_flight_of
from modules.management.upgrade_report import (
    irreversible_told,
    module_status,
    move_in_words,
    move_told,
    plan_in_words,
    plan_told,
    status_in_words,
)
from modules.models import ModuleAdoption, ModuleUpgrade, MoveStatus, PreviewClone, ReleaseMove
from modules.promotions import promotion_that_is_live
from modules.publishing.selectors import published_releases
from modules.services import InvalidDocument, StaleEdit
from modules.services.adopt import module_adopt
from modules.services.plans import open_plan
from modules.services.preview_clone import (
    STEPS,
    preview_clone_ask,
    preview_clone_drop,
    preview_clone_drop_request,
    preview_clone_make,
)
from modules.services.references import profile_unknown_references
from modules.services.restore import NoSuchRevision
from modules.services.upgrade import (
    REPLAY_LIMIT,
    InFlightChoice,
    UpgradeRefused,
    module_hold,
    module_rollback,
    upgrade_begin,
    upgrade_preview,
    upgrade_promote,
)
from modules.services.upgrade_move import move_run, moves_ask
from modules.services.upgrade_plan import plan_approve, plan_decline, plan_withdraw, promotion_plan
from oms.infra.console import RetailerCommand, progress_bar
from oms.infra.database.context import retailer_context
from tenants.registry import time_zone_of

Result = tuple[dict[str, Any], list[str]]

_VERBS = (
    "adopt", "preview", "drop-clone", "promote", "plan", "approve", "decline", "withdraw", "rollback", "move", "status",
    "hold", "unhold",
)  # fmt: skip


class Command(RetailerCommand):
    """The same services as the upgrade screens."""

    help = "Adopt, preview, promote or roll back a release of a module, move its work, hold it, or say where it stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("verb", choices=_VERBS)
        parser.add_argument("--module", help="Such as order_routing; with status: all modules where it is left out.")
        parser.add_argument("--to", help="The release (adopt, preview, promote) or revision (rollback) to go to.")
        parser.add_argument("--from", dest="before", help="Move: the release whose work is moved; default: every one.")
        parser.add_argument(
            "--in-flight",
            choices=list(InFlightChoice),
            default=InFlightChoice.DRAIN.value,
            help="Promote, rollback, plan: work that has begun finishes where it is, or moves along.",
        )
        parser.add_argument("--approval", action="store_true", help="Plan: somebody else has to approve.")
        parser.add_argument("--at", help="Plan: when to promote, in the retailer's zone: 2026-11-27T06:00.")
        parser.add_argument("--last", type=int, default=REPLAY_LIMIT, help="Recorded decisions to replay.")
        parser.add_argument(
            "--clone", action="store_true", help="With preview: make a staging clone in which the release is live."
        )
        parser.add_argument("--author", default=f"command ({getpass.getuser()})")
        parser.add_argument("--reason", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        schema = self.require_retailer(options["retailer"])
        if options["verb"] != "status" and not options["module"]:
            message = "--module is needed: " + ", ".join(registry.module_names())
            raise CommandError(message)
        action: Callable[..., Result] = getattr(self, f"_{options['verb'].replace('-', '_')}")
        started = time.monotonic()
        try:
            with timezone.override(time_zone_of(schema)):
                result, lines = action(schema, options)
        except (UpgradeRefused, StaleEdit, NoSuchRevision, InvalidDocument) as fault:
            raise CommandError(str(fault)) from fault
        result["seconds"] = round(time.monotonic() - started, 3)
        self.finish(result, [*lines, f"{result['seconds']} s"], as_json=options["json"])

    def _preview(self, schema: str, options: dict[str, Any]) -> Result:
        with retailer_context(schema):
            to = options["to"] or self._newest(options["module"])
            upgrade = upgrade_begin(module=options["module"], to=to, author=options["author"])
        with progress_bar("decisions") as bar:
            found = upgrade_preview(
                schema=schema, upgrade_id=upgrade.pk, limit=options["last"],
                on_progress=lambda done, total: bar.show("replay", done, total),
            )  # fmt: skip
        with retailer_context(schema):
            upgrade.refresh_from_db()
        faults = [
            f"{fault['kind']}/{fault['key']} {'.'.join(map(str, fault['path']))}: {fault['message']}"
            for fault in (upgrade.review or {}).get("faults", [])
        ]
        result = {
            "module": upgrade.module, "from": upgrade.from_release, "to": upgrade.to_release,
            "status": upgrade.status, "faults": faults, **(upgrade.preview or {}),
        }  # fmt: skip
        lines = [
            f"{upgrade.module} {upgrade.from_release} → {upgrade.to_release}: {upgrade.status}",
            *faults,
            f"{found.replayed:,} decisions replayed, {found.baseline_differences} could not be made again as they were",
            f"{found.changed:,} decided otherwise ({found.changed_in_sequence:,} in sequence)",
            *(f"  {count:>8,}  {cause}" for cause, count in found.causes.most_common()),
        ]
        if options["clone"]:
            told, words = self._clone(schema, upgrade, options)
            return result | {"clone": told}, [*lines, *words]
        return result, lines

    def _clone(self, schema: str, upgrade: ModuleUpgrade, options: dict[str, Any]) -> Result:
        """Made here and now, without a worker: this program has the deploying role."""
        with retailer_context(schema):
            preview_clone_ask(upgrade_id=upgrade.pk, author=options["author"])
        with progress_bar("") as bar:
            report = preview_clone_make(
                schema=schema, upgrade_id=upgrade.pk,
                on_step=lambda step: bar.show("clone", STEPS.index(step), len(STEPS) - 1),
            )  # fmt: skip
        if report is None:
            with retailer_context(schema):
                clone = PreviewClone.objects.filter(pk=upgrade.pk).first()
            raise UpgradeRefused(clone.why if clone else "the clone was dropped while it was made")
        told = {
            "schema": report.schema, "host": report.domain, "expires_at": report.expires_at.isoformat(),
            "rows": sum(report.rows.values()), "seconds": round(report.seconds, 2),
        }  # fmt: skip
        return told, [
            f"{upgrade.to_release} is live in a staging clone at {report.domain} until {report.expires_at:%d %B %Y}"
        ]

    def _drop_clone(self, schema: str, options: dict[str, Any]) -> Result:
        with retailer_context(schema):
            clones = list(PreviewClone.objects.filter(upgrade__module=options["module"]))
            for clone in clones:
                preview_clone_drop_request(upgrade_id=clone.pk)
        dropped = [clone.pk for clone in clones if preview_clone_drop(schema=schema, upgrade_id=clone.pk)]
        return {"dropped": dropped}, [f"the staging clone of upgrade {number} is gone" for number in dropped] or [
            f"{options['module']} has no staging clone"
        ]

    def _promote(self, schema: str, options: dict[str, Any]) -> Result:
        with retailer_context(schema):
            upgrade = self._upgrade(options)
            number = upgrade_promote(
                upgrade_id=upgrade.pk, author=options["author"], reason=options["reason"],
                in_flight=InFlightChoice(options["in_flight"]),
            )  # fmt: skip
        moves, told = self._carry_out(schema, upgrade.module)
        return (
            {"revision": number, "module": upgrade.module, "release": upgrade.to_release, "moves": moves},
            [f"{upgrade.module} {upgrade.to_release} is live since revision {number}", *told],
        )

    def _upgrade(self, options: dict[str, Any]) -> ModuleUpgrade:
        upgrade = ModuleUpgrade.objects.filter(module=options["module"]).first()
        if upgrade is None or (options["to"] and upgrade.to_release != options["to"]):
            message = f"there is no preview of {options['module']} {options['to'] or ''}: run `upgrade preview`"
            raise UpgradeRefused(message)
        return upgrade

    def _adopt(self, schema: str, options: dict[str, Any]) -> Result:
        with retailer_context(schema):
            number = module_adopt(
                module=options["module"], to=options["to"], author=options["author"], reason=options["reason"]
            )
            live = ModuleAdoption.objects.get(module=options["module"]).release
        return (
            {"revision": number, "module": options["module"], "release": live},
            [f"{options['module']} {live} is adopted since revision {number}, with the documents that it begins with"],
        )

    def _plan(self, schema: str, options: dict[str, Any]) -> Result:
        due = None
        if options["at"]:
            due = parse_datetime(options["at"])
            if due is None:
                message = f"--at {options['at']}: write a time such as 2026-11-27T06:00"
                raise CommandError(message)
            due = due if timezone.is_aware(due) else timezone.make_aware(due)
        with retailer_context(schema):
            plan = promotion_plan(
                upgrade_id=self._upgrade(options).pk, author=options["author"], needs_approval=options["approval"],
                due_at=due, reason=options["reason"], in_flight=InFlightChoice(options["in_flight"]),
            )  # fmt: skip
            return plan_told(plan), [plan_in_words(plan)]

    def _approve(self, schema: str, options: dict[str, Any]) -> Result:
        with retailer_context(schema):
            plan = plan_approve(plan_id=self._open_plan(options), author=options["author"])
            return plan_told(plan), [plan_in_words(plan)]

    def _decline(self, schema: str, options: dict[str, Any]) -> Result:
        with retailer_context(schema):
            plan = plan_decline(plan_id=self._open_plan(options), author=options["author"], reason=options["reason"])
            return plan_told(plan), [plan_in_words(plan)]

    def _withdraw(self, schema: str, options: dict[str, Any]) -> Result:
        with retailer_context(schema):
            plan = plan_withdraw(plan_id=self._open_plan(options), author=options["author"])
            return plan_told(plan), [plan_in_words(plan)]

    def _open_plan(self, options: dict[str, Any]) -> int:
        plan = open_plan(self._upgrade(options))
        if plan is None:
            message = f"no promotion of {options['module']} has been asked for: run `upgrade plan`"
            raise UpgradeRefused(message)
        return plan.pk

    def _move(self, schema: str, options: dict[str, Any]) -> Result:
        with retailer_context(schema):
            asked = moves_ask(module=options["module"], author=options["author"], before=options["before"])
        moves, lines = self._carry_out(schema, options["module"])
        return (
            {"module": options["module"], "moves": moves},
            lines if asked else [f"all work in flight of {options['module']} is on its live release"],
        )

    def _carry_out(self, schema: str, module: str) -> tuple[list[dict[str, Any]], list[str]]:
        """Do at once what a worker would do: moves that run."""
        with retailer_context(schema):
            rows = ReleaseMove.objects.filter(module=module, status=MoveStatus.RUNNING).order_by("id")
            ids = list(rows.values_list("id", flat=True))
        with progress_bar("orders") as bar:
            for number in ids:
                move_run(
                    schema=schema, move_id=number,
                    on_progress=lambda done, total: bar.show("move", done, total),
                )  # fmt: skip
        with retailer_context(schema):
            moves = [move_told(move) for move in ReleaseMove.objects.filter(pk__in=ids).order_by("id")]
        return moves, [line for move in moves for line in move_in_words(move)]

    def _rollback(self, schema: str, options: dict[str, Any]) -> Result:
        to, module = options["to"], options["module"]
        if to is not None and not to.isdigit():
            message = f"--to {to}: a rollback goes to a revision, by its number (see `profile log`)"
            raise CommandError(message)
        with retailer_context(schema):
            promoted = promotion_that_is_live(module)
            number = module_rollback(
                module=module, author=options["author"], reason=options["reason"],
                to=int(to) if to else None, in_flight=InFlightChoice(options["in_flight"]),
            )  # fmt: skip
            live = ModuleAdoption.objects.get(module=module).release
        moves, told = self._carry_out(schema, module)
        with retailer_context(schema):
            left = irreversible_told(promoted) if promoted else []
            unknown = [item.sentence for item in profile_unknown_references(module)]
            work = in_flight_of(module)
            unfinished = dict(work.unfinished()) if work else {}
        result = {
            "revision": number, "module": module, "release": live, "moves": moves, "unfinished": unfinished,
            "irreversible": left, "unknown_references": unknown,
        }  # fmt: skip
        lines = [
            f"{module} is back at {live} since revision {number}",
            *told,
            *(f"{count:,} unfinished on {release} finish there" for release, count in sorted(unfinished.items())
              if release != live),
            *(f"cannot be undone: {item['sentence']}. {item['after']}" for item in left if item["count"]),
            *(f"to be put right: {sentence}" for sentence in unknown),
        ]  # fmt: skip
        return result, lines

    def _hold(self, schema: str, options: dict[str, Any]) -> Result:
        return self._set_hold(schema, options, held=True)

    def _unhold(self, schema: str, options: dict[str, Any]) -> Result:
        return self._set_hold(schema, options, held=False)

    def _set_hold(self, schema: str, options: dict[str, Any], *, held: bool) -> Result:
        with retailer_context(schema):
            number = module_hold(
                module=options["module"], held=held, author=options["author"], reason=options["reason"]
            )
        return {"revision": number, "held": held}, [f"{options['module']} is {'held' if held else 'released'}"]

    def _status(self, schema: str, options: dict[str, Any]) -> Result:
        modules = [options["module"]] if options["module"] else registry.module_names()
        with retailer_context(schema):
            rows = [module_status(module) for module in modules]
        return {"modules": rows}, [line for row in rows for line in status_in_words(row)]

    def _newest(self, module: str) -> str:
        published = published_releases(module)
        if not published:
            message = f"no release of {module} is published"
            raise UpgradeRefused(message)
        return published[-1].version
