"""Master data that documents name by its code: what may be named, and what is not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fulfilment.locations.models import Location
from modules.services.revise import FieldFault
from oms.web.profile.nodes import Node
from orders.models import Channel

#: Name by code.
Known = Mapping[str, str]


def _locations() -> Known:
    return dict(Location.objects.order_by("code").values_list("code", "name"))


def _channels() -> Known:
    return dict(Channel.objects.order_by("code").values_list("code", "name"))


_KNOWN: dict[str, Callable[[], Known]] = {"location": _locations, "channel": _channels}


def suggestions(root: Node) -> dict[str, Known]:
    """For each sort of master data that the form's fields name: what there is."""
    wanted = {node.spec.reference for node in root.walk()} | {
        column.reference for node in root.walk() for column in node.columns
    }
    return {sort: find() for sort, find in _KNOWN.items() if sort in wanted}


def missing(root: Node) -> list[FieldFault]:
    """Fields that name what is not there."""
    known = suggestions(root)
    return [
        FieldFault(node.path, f"there is no {node.spec.reference} with the code “{node.text}”")
        for node in root.walk()
        if node.text and node.spec.reference in known and node.text not in known[node.spec.reference]
    ]
