"""Documents name master data by codes: whether what they name is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from modules import registry
from modules.domain.canonical import Body
from modules.domain.documents import Reference
from modules.domain.references import Mention, mentions
from modules.profile import current_profile
from modules.references import key_reference, reference_kinds


@dataclass(frozen=True, slots=True)
class UnknownReference:
    """A field (or the key: an empty path) that names what is not there, with a sentence that says what to do."""

    document: Reference
    path: tuple[str | int, ...]
    message: str

    @property
    def sentence(self) -> str:
        """Document, field and message."""
        return f"{self.document}: {'.'.join(map(str, self.path)) or 'key'}: {self.message}"


def references_unknown(documents: Iterable[tuple[Reference, str, Body]]) -> list[UnknownReference]:
    """Everything that documents (where, release, body) name and that is not there: one query for each sort."""
    kinds = reference_kinds()
    named = [(where, mention) for where, release, body in documents for mention in _mentions(where, release, body)]
    wanted: dict[str, set[str]] = defaultdict(set)
    for _, mention in named:
        wanted[mention.reference].add(mention.code)
    known = {name: kinds[name].known(codes) for name, codes in wanted.items() if name in kinds}
    return [
        UnknownReference(where, mention.path, _message(mention))
        for where, mention in named
        if mention.reference in known and mention.code not in known[mention.reference]
    ]


def profile_unknown_references(module: str | None = None) -> list[UnknownReference]:
    """What the live profile names and that is not there: after a restore or rollback, which never refuse for it."""
    profile = current_profile()
    return references_unknown(
        (where, profile.adopted[where.module], document.body)
        for where, document in profile.raw(module).items()
        if where.module in profile.adopted
    )


def _mentions(where: Reference, release: str, body: Body) -> tuple[Mention, ...]:
    kind = registry.release(where.module, release).kinds.get(where.kind)
    if kind is None:
        return ()
    keyed_by = kind.key_reference or key_reference(where.module, where.kind)
    key = (Mention((), keyed_by, where.key),) if keyed_by else ()
    return (*key, *mentions(kind.model, body))


def _message(mention: Mention) -> str:
    remedy = reference_kinds()[mention.reference].remedy
    return f"there is no {mention.reference.replace('_', ' ')} with the code “{mention.code}”: {remedy}"
