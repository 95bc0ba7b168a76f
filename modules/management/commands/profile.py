"""Work with a retailer's profile."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from modules.domain.differences import differences
from modules.models import ProfileRevision, ProfileSnapshot
from modules.profile import profile_at
from modules.selectors import head_number
from modules.services import InvalidDocument, StaleEdit, UnknownKind, profile_begin, profile_restore, snapshot_name
from modules.services.exchange import BadExport, profile_export, profile_import
from modules.services.references import profile_unknown_references
from modules.services.restore import NoSuchRevision
from modules.services.verify import profile_verify
from oms.infra.console import RetailerCommand
from oms.infra.database.context import retailer_context
from tenants.registry import time_zone_of

Result = tuple[dict[str, Any], list[str]]


class Command(RetailerCommand):
    """One verb a call; each change is a new revision."""

    help = "Export, import, compare, restore, verify, name or list the revisions of a profile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb, configure in _VERBS.items():
            configure(verbs.add_parser(verb))

    def run_from_argv(self, argv: list[str]) -> None:
        """Take ``--retailer`` and ``--json`` before the verb as well as after it."""
        common = [name for name in argv[2:] if name == "--json"]
        rest = [name for name in argv[2:] if name != "--json"]
        if "--retailer" in rest and rest.index("--retailer") + 1 < len(rest):
            at = rest.index("--retailer")
            common += rest[at : at + 2]
            del rest[at : at + 2]
        super().run_from_argv([*argv[:2], *common, *rest])

    def handle(self, *args: Any, **options: Any) -> None:
        schema = self.require_retailer(options["retailer"])
        action: Callable[..., Result] = getattr(self, f"_{options['verb']}")
        try:
            with timezone.override(time_zone_of(schema)), retailer_context(schema):
                result, lines = action(options)
        except (BadExport, InvalidDocument, NoSuchRevision, StaleEdit, UnknownKind) as fault:
            raise CommandError(str(fault)) from fault
        self.finish(result, lines, as_json=options["json"])
        if options["verb"] == "verify" and result["broken"]:
            raise SystemExit(1)

    def _export(self, options: dict[str, Any]) -> Result:
        count = profile_export(folder=options["folder"], revision=options["revision"])
        number = options["revision"] or head_number()
        return {"documents": count, "revision": number}, [f"revision {number}: {count} documents written"]

    def _import(self, options: dict[str, Any]) -> Result:
        done = profile_import(folder=options["folder"], author=options["author"], reason=options["reason"])
        changed = [str(reference) for reference in done.changed]
        return (
            {"revision": done.revision, "changed": changed},
            [f"revision {done.revision}: {len(changed)} documents changed", *(f"  {name}" for name in changed)],
        )

    def _diff(self, options: dict[str, Any]) -> Result:
        before, after = profile_at(options["before"]), profile_at(options["after"] or head_number())
        found = differences(before.raw(), after.raw())
        adopted = [
            f"{module}: {before.adopted.get(module, 'not adopted')} → {after.adopted.get(module, 'not adopted')}"
            for module in sorted({*before.adopted, *after.adopted})
            if before.adopted.get(module) != after.adopted.get(module)
        ]
        result = {
            "adopted": adopted,
            "differences": [
                {"document": str(item.reference), "path": item.path, "before": item.before, "after": item.after}
                for item in found
            ],
        }
        return result, [*adopted, *(item.sentence for item in found)] or ["no difference"]

    def _restore(self, options: dict[str, Any]) -> Result:
        number = profile_restore(to=options["to"], author=options["author"], reason=options["reason"] or "")
        unknown = [item.sentence for item in profile_unknown_references()]
        lines = [f"revision {number} has the content of revision {options['to']}"]
        lines += [f"to be put right: {sentence}" for sentence in unknown]
        return {"revision": number, "unknown_references": unknown}, lines

    def _verify(self, options: dict[str, Any]) -> Result:
        broken = profile_verify()
        result = {
            "revisions": ProfileRevision.objects.count(),
            "broken": [{"revision": item.revision, "reason": item.reason} for item in broken],
        }
        lines = [f"revision {item.revision}: {item.reason}" for item in broken]
        return result, lines or [f"{result['revisions']} revisions are what their digests say"]

    def _log(self, options: dict[str, Any]) -> Result:
        names = dict(ProfileSnapshot.objects.values_list("revision", "name"))
        rows = [
            {
                "revision": item.number, "author": item.author, "reason": item.reason, "origin": item.origin,
                "adopted": item.adopted, "at": item.created_at.isoformat(), "name": names.get(item.number, ""),
                "digest": bytes(item.digest).hex(),
            }
            for item in ProfileRevision.objects.all()[: options["limit"]]
        ]  # fmt: skip
        lines = [
            f"{row['revision']:>6}  {row['at'][:19]}  {row['author']:<16} {row['origin']:<10} {row['reason']}"
            + (f"  [{row['name']}]" if row["name"] else "")
            for row in rows
        ]
        return {"revisions": rows}, lines

    def _name(self, options: dict[str, Any]) -> Result:
        number = options["revision"] or head_number()
        snapshot_name(name=options["name"], author=options["author"], revision=number)
        return {"revision": number, "name": options["name"]}, [f"revision {number} is now “{options['name']}”"]

    def _begin(self, options: dict[str, Any]) -> Result:
        profile_begin(author=options["author"])
        return {"revision": head_number()}, [f"the profile is at revision {head_number()}"]


def _author(parser: ArgumentParser) -> None:
    parser.add_argument("--author", default=f"command ({getpass.getuser()})")


def _folder(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path)


def _export_arguments(parser: ArgumentParser) -> None:
    _folder(parser)
    parser.add_argument("--revision", type=int, help="An earlier revision; default: the newest.")


def _import_arguments(parser: ArgumentParser) -> None:
    _folder(parser)
    _author(parser)
    parser.add_argument("--reason", default="Imported from files")


def _diff_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("before", type=int)
    parser.add_argument("after", type=int, nargs="?", help="Default: the newest revision.")


def _restore_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("to", type=int)
    _author(parser)
    parser.add_argument("--reason")


def _log_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=30)


def _name_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--revision", type=int)
    _author(parser)


_VERBS: dict[str, Callable[[ArgumentParser], None]] = {
    "export": _export_arguments,
    "import": _import_arguments,
    "diff": _diff_arguments,
    "restore": _restore_arguments,
    "verify": lambda parser: None,
    "log": _log_arguments,
    "name": _name_arguments,
    "begin": _author,
}
