"""Master data that documents name by its code: what a form offers, and what is not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from modules.references import reference_kinds
from modules.services.revise import FieldFault
from oms.web.profile.nodes import Node

#: Name by code.
Known = Mapping[str, str]

#: Names that one form offers; others can be typed.
_OFFERED = 5_000


def suggestions(root: Node) -> dict[str, Known]:
    """For each sort of master data that the form's fields name: what there is, the first of it."""
    wanted = {node.spec.reference for node in root.walk()} | {
        column.reference for node in root.walk() for column in node.columns
    }
    return {sort: kind.choices(_OFFERED) for sort, kind in reference_kinds().items() if sort in wanted}


def missing(root: Node) -> list[FieldFault]:
    """Fields that name what is not there: one query for each sort."""
    kinds = reference_kinds()
    wanted: dict[str, set[str]] = defaultdict(set)
    naming = [node for node in root.walk() if node.text and node.spec.reference in kinds]
    for node in naming:
        wanted[node.spec.reference].add(node.text)
    known = {sort: kinds[sort].known(codes) for sort, codes in wanted.items()}
    return [
        FieldFault(node.path, f"there is no {node.spec.reference} with the code “{node.text}”")
        for node in naming
        if node.text not in known[node.spec.reference]
    ]
