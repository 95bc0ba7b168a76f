"""Preview, promote, roll back, hold: a retailer's upgrade of one module from the command line."""

from __future__ import annotations

import getpass
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError

from modules import registry
from modules.models import ModuleAdoption, ModuleUpgrade, PreviewClone
from modules.publishing.selectors import published_releases
from modules.services import StaleEdit
from modules.services.preview_clone import (
    STEPS,
    preview_clone_ask,
    preview_clone_drop,
    preview_clone_drop_request,
    preview_clone_make,
)
from modules.services.restore import NoSuchRevision
from modules.services.upgrade import (
    REPLAY_LIMIT,
    UpgradeRefused,
    module_hold,
    module_rollback,
    upgrade_begin,
    upgrade_preview,
    upgrade_promote,
)
from oms.infra.console import RetailerCommand, progress_bar
from oms.infra.database.context import retailer_context

Result = tuple[dict[str, Any], list[str]]


class Command(RetailerCommand):
    """The same services as the upgrade screens."""

    help = "Preview, promote or roll back a release of a module, hold it, or say where it stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "verb", choices=["preview", "drop-clone", "promote", "rollback", "status", "hold", "unhold"]
        )
        parser.add_argument("--module", help="Such as order_routing; with status: all modules where it is left out.")
        parser.add_argument("--to", help="The release (preview, promote) or revision (rollback) to go to.")
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
            result, lines = action(schema, options)
        except (UpgradeRefused, StaleEdit, NoSuchRevision) as fault:
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
            upgrade = ModuleUpgrade.objects.filter(module=options["module"]).first()
            if upgrade is None or (options["to"] and upgrade.to_release != options["to"]):
                message = f"there is no preview of {options['module']} {options['to'] or ''}: run `upgrade preview`"
                raise UpgradeRefused(message)
            number = upgrade_promote(upgrade_id=upgrade.pk, author=options["author"], reason=options["reason"])
        return (
            {"revision": number, "module": upgrade.module, "release": upgrade.to_release},
            [f"{upgrade.module} {upgrade.to_release} is live since revision {number}"],
        )

    def _rollback(self, schema: str, options: dict[str, Any]) -> Result:
        to = options["to"]
        if to is not None and not to.isdigit():
            message = f"--to {to}: a rollback goes to a revision, by its number (see `profile log`)"
            raise CommandError(message)
        with retailer_context(schema):
            number = module_rollback(
                module=options["module"], author=options["author"], reason=options["reason"],
                to=int(to) if to else None,
            )  # fmt: skip
            live = ModuleAdoption.objects.get(module=options["module"]).release
        return (
            {"revision": number, "module": options["module"], "release": live},
            [f"{options['module']} is back at {live} since revision {number}"],
        )

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
        rows: list[dict[str, Any]] = []
        with retailer_context(schema):
            adoptions = {item.module: item for item in ModuleAdoption.objects.all()}
            for module in [options["module"]] if options["module"] else registry.module_names():
                upgrade = ModuleUpgrade.objects.filter(module=module).first()
                adoption = adoptions.get(module)
                rows.append({
                    "module": module, "live": adoption.release if adoption else None,
                    "held": adoption.held if adoption else False,
                    "published": [item.version for item in published_releases(module)],
                    "upgrade": {"to": upgrade.to_release, "status": upgrade.status} if upgrade else None,
                })  # fmt: skip
        lines = [
            f"{row['module']:<20} live {row['live']}{' (held)' if row['held'] else ''}, published "
            f"{', '.join(row['published']) or 'none'}"
            for row in rows
        ]
        return {"modules": rows}, lines

    def _newest(self, module: str) -> str:
        published = published_releases(module)
        if not published:
            message = f"no release of {module} is published"
            raise UpgradeRefused(message)
        return published[-1].version
