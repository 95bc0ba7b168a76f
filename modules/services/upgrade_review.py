"""Review: would a release take every document that this retailer has, and which does it touch?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from modules import registry
from modules.domain.canonical import Body
from modules.domain.documents import Document, Reference
from modules.profile import Profile, current_profile
from modules.services.conversion import convert, documents_of
from modules.services.references import references_unknown
from modules.services.revise import FieldFault, InvalidDocument, UnknownKind, validate

DocumentChoices = Mapping[str, Body]


class Choice(StrEnum):
    """What the reviewer decides about a document that the change touches."""

    KEEP_MINE = "keep_mine"
    TAKE_NEW = "take_new"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class TouchedDocument:
    """A document that the change touches, three ways side by side (None: it is not there)."""

    kind: str
    key: str
    original: Body | None
    yours: Body | None
    converted: Body | None
    new: Body | None


@dataclass(frozen=True, slots=True)
class ReviewFault:
    """A document that the release would refuse, with the exact field."""

    kind: str
    key: str
    path: tuple[str | int, ...]
    message: str


@dataclass(slots=True)
class Review:
    """What a review found. READY where there is no fault."""

    module: str
    before: str
    after: str
    revision: int
    faults: list[ReviewFault] = field(default_factory=list)
    touched: list[TouchedDocument] = field(default_factory=list)
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether the release would take every document."""
        return not self.faults


def upgrade_review(*, module: str, to: str, choices: DocumentChoices | None = None) -> Review:
    """Convert every document of the module, apply the reviewer's choices, validate all of it.

    ``choices`` holds, by ``kind/key`` of the candidate's documents, ``{"choice": …, "body": …}``; a document
    without a choice is kept as the retailer has it, converted. Reads only.
    """
    profile = current_profile()
    before = profile.adopted[module]
    review = Review(module, before, to, profile.number)
    yours = documents_of(profile, module)
    converted = convert(module, yours, before=before, after=to)
    review.documents = {
        where: _chosen(where, document, module, to, (choices or {}).get("/".join(where)))
        for where, document in converted.items()
    }
    for (kind, key), document in sorted(review.documents.items()):
        review.faults += _faults(Reference(module, kind, key), to, document.body)
    review.faults += _unknown_codes(review)
    review.touched = _touched(profile, module, to, yours, converted)
    return review


def _chosen(where: tuple[str, str], converted: Document, module: str, to: str, choice: Body | None) -> Document:
    if choice is None or choice.get("choice") == Choice.KEEP_MINE:
        return converted
    if choice.get("choice") == Choice.MERGE:
        body = choice.get("body")
        return Document(body, converted.complement) if isinstance(body, dict) else converted
    default = _default(module, to, *where)
    return Document(default, converted.complement) if default is not None else converted


def _default(module: str, version: str, kind: str, key: str) -> Body | None:
    found = registry.release(module, version).kinds.get(kind)
    default = found.defaults.get(key) if found else None
    return dict(default) if default is not None else None


def _faults(reference: Reference, release: str, body: Body) -> list[ReviewFault]:
    try:
        validate(reference, release, body)
    except InvalidDocument as refused:
        return [_fault(reference, fault) for fault in refused.faults]
    except UnknownKind as refused:
        return [ReviewFault(reference.kind, reference.key, (), str(refused))]
    return []


def _unknown_codes(review: Review) -> list[ReviewFault]:
    """Of documents that fit the schema: what they name and is not there."""
    misfits = {(fault.kind, fault.key) for fault in review.faults}
    fitting = [
        (Reference(review.module, *where), review.after, document.body)
        for where, document in sorted(review.documents.items())
        if where not in misfits
    ]
    return [
        ReviewFault(item.document.kind, item.document.key, item.path, item.message)
        for item in references_unknown(fitting)
    ]


def _fault(reference: Reference, fault: FieldFault) -> ReviewFault:
    return ReviewFault(reference.kind, reference.key, fault.path, fault.message)


def _touched(
    profile: Profile,
    module: str,
    to: str,
    yours: Mapping[tuple[str, str], Document],
    converted: Mapping[tuple[str, str], Document],
) -> list[TouchedDocument]:
    touched = []
    for where in sorted({*yours, *converted}):
        mine, theirs = yours.get(where), converted.get(where)
        if mine is not None and theirs is not None and mine.body == theirs.body:
            continue
        touched.append(
            TouchedDocument(
                *where,
                original=_default(module, profile.adopted[module], *where),
                yours=mine.body if mine else None,
                converted=theirs.body if theirs else None,
                new=_default(module, to, *where),
            )
        )
    return touched
