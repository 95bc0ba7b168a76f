"""X12 EDI by hand: check a file, take it, make a document."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from fulfilment.requests.models import Shipment
from oms.importing.edi import (
    EdiFault,
    answers_of,
    connection_named,
    file_receive,
    order_document,
    shipment_document,
    stock_document,
    stock_receive,
)
from oms.infra.console import RetailerCommand
from oms.infra.database.context import retailer_context
from orders.channels.reading import Unreadable
from orders.channels.x12.acknowledgement import status_of
from orders.channels.x12.checking import read
from orders.channels.x12.segments import title_of
from orders.channels.x12.writing import Unwritable
from orders.domain.channel import CannotTell
from orders.models import ChannelMessage, Order
from orders.services.channels import messages_work

_FAULTS = (EdiFault, CannotTell, Unreadable, Unwritable, ValueError, OSError)
_WORDS = {"A": "accepted", "E": "accepted, with notes", "R": "refused"}


class Command(RetailerCommand):
    """Taking a file twice changes nothing; a document that is made twice keeps its control number."""

    help = "X12 EDI: check a file, take a partner's file, or make a document for a partner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("what", choices=["check", "take", "make"])
        parser.add_argument("subject", help="A file; for make the document: 855, 856, 810 or 846.")
        parser.add_argument("--channel", default="", help="Code of the partner's channel.")
        parser.add_argument("--order", default="", help="Number of the order (855, 810).")
        parser.add_argument("--shipment", default="", help="Number of the shipment (856).")
        parser.add_argument("--location", default="", help="Location of the stock (846).")
        parser.add_argument("--out", type=Path, help="Folder for answers and documents; else they are shown.")

    def handle(self, *args: Any, **options: Any) -> None:
        schema = self.require_retailer(options["retailer"])
        try:
            {"check": self._check, "take": self._take, "make": self._make}[options["what"]](schema, options)
        except _FAULTS as fault:
            raise CommandError(str(fault)) from fault

    def _check(self, schema: str, options: dict[str, Any]) -> None:
        found = read(Path(options["subject"]).read_bytes())
        lines = [str(each) for each in found.findings]
        refused = len(found.findings)
        for each in found.interchanges:
            lines.append(f"interchange {each.control} from {'/'.join(each.sender)} to {'/'.join(each.receiver)}")
            lines += [f"  {finding.level}: {finding}" for finding in each.findings]
            for group in each.groups:
                lines += [f"  {finding.level}: {finding}" for finding in group.findings]
                for document in group.sets:
                    status = status_of(document, refused=bool(each.errors or group.errors))
                    refused += status == "R"
                    lines.append(f"  {document.code} {document.control} ({title_of(document.code)}): {_WORDS[status]}")
                    lines += [f"    {finding.level}: {finding}" for finding in document.findings]
        self.finish({"interchanges": len(found.interchanges), "refused": refused}, lines, as_json=options["json"])

    def _take(self, schema: str, options: dict[str, Any]) -> None:
        path = Path(options["subject"])
        body = path.read_bytes()
        with retailer_context(schema):
            connection = connection_named(options["channel"])
            message_id = file_receive(connection=connection, body=body)
        messages_work(schema=schema)
        with retailer_context(schema):
            message = ChannelMessage.objects.get(pk=message_id)
            connection = connection_named(options["channel"])
            feed = stock_receive(connection=connection, body=body, location=options["location"], message_id=message_id)
            answers = list(answers_of(message_id=message_id))
        lines = [f"message {message_id}: {message.state}{f' ({message.reason})' if message.reason else ''}"]
        lines += [
            f"  {each['external_number'] or '-'}: {each['state']}{': ' + each['reason'] if each['reason'] else ''}"
            for each in message.outcomes
        ]
        if feed:
            lines.append(f"  stock feed {feed.pk}: {feed.rows} rows, {feed.refused} refused")
        for name, payload in answers:
            lines += self._out(name, payload, options["out"])
        result = {"message": message_id, "state": message.state, "outcomes": message.outcomes, "answers": len(answers)}
        self.finish(result, lines, as_json=options["json"])

    def _make(self, schema: str, options: dict[str, Any]) -> None:
        kind = options["subject"]
        with retailer_context(schema):
            payload = _document(kind, options)
        name = options["order"] or options["shipment"] or options["location"]
        lines = self._out(f"{kind}-{name.replace('/', '_')}.edi", payload, options["out"])
        self.finish({"document": kind, "bytes": len(payload)}, lines, as_json=options["json"])

    def _out(self, name: str, payload: bytes, folder: Path | None) -> list[str]:
        if folder is None:
            return payload.decode("ascii").splitlines()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(payload)
        return [f"  written: {name}"]


def _document(kind: str, options: dict[str, Any]) -> bytes:
    if kind in ("855", "810"):
        order = Order.objects.select_related("channel").filter(number=options["order"]).first()
        if order is None:
            message = f"there is no order {options['order']!r}; name one with --order"
            raise EdiFault(message)
        return order_document(kind=kind, order=order, at=timezone.now())
    if kind == "856":
        chosen = Shipment.objects.select_related("request__order__channel", "request__location")
        shipment = chosen.filter(number=options["shipment"]).first()
        if shipment is None:
            message = f"there is no shipment {options['shipment']!r}; name one with --shipment"
            raise EdiFault(message)
        return shipment_document(shipment=shipment)
    if kind == "846":
        connection = connection_named(options["channel"])
        return stock_document(connection=connection, location=options["location"], at=timezone.now())
    message = f"{kind!r} is not made; 855, 856, 810 and 846 are"
    raise EdiFault(message)
