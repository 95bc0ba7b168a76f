"""The profile as the rest of the product reads it: compiled once for each revision, shared by every request.

profile = current_profile()
profile.release("order_routing").policies…
profile.documents("order_routing", "location_policy")
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import connection

from modules import registry
from modules.domain.documents import Document, Reference
from modules.domain.releases import KindModel, Release
from modules.selectors import adoptions_at, digest_at, documents_at, head_number, last_revision_with
from oms.infra.database.identity import is_staging

Model = TypeVar("Model", bound=KindModel)

#: Compiled profiles kept in one process: the present ones of many retailers, and a few older ones.
_KEPT = 256


class NotAdopted(LookupError):
    """The retailer has not adopted the module."""


class Profile:
    """One retailer's profile at one revision. Immutable; documents are validated when first read."""

    def __init__(self, number: int, adopted: Mapping[str, str], documents: Mapping[Reference, Document]) -> None:
        self.number = number
        self.adopted = adopted
        self._documents = documents
        self._compiled: dict[tuple[str, str], Mapping[str, KindModel]] = {}

    def release(self, module: str) -> Release[Any]:
        """The release of a module that this retailer has adopted. Raises :class:`NotAdopted`."""
        version = self.adopted.get(module)
        if version is None:
            message = f"the module {module} is not adopted"
            raise NotAdopted(message)
        return registry.release(module, version)

    def documents(self, module: str, kind: str) -> Mapping[str, KindModel]:
        """All documents of a kind by key, as objects of the adopted release's schema, in the order of the keys."""
        compiled = self._compiled.get((module, kind))
        if compiled is None:
            model = self.release(module).kinds[kind].model
            compiled = {
                reference.key: model.model_validate(document.body)
                for reference, document in sorted(self._documents.items())
                if (reference.module, reference.kind) == (module, kind)
            }
            self._compiled[module, kind] = compiled
        return compiled

    def of_module(self, module: str) -> Mapping[str, Mapping[str, KindModel]]:
        """Every kind of a module with its documents: what its policies are given."""
        return {kind: self.documents(module, kind) for kind in self.release(module).kinds}

    def raw(self, module: str | None = None) -> Mapping[Reference, Document]:
        """Documents as they are stored, of one module or of all."""
        return {
            reference: document
            for reference, document in self._documents.items()
            if module is None or reference.module == module
        }


_lock = threading.Lock()
_cache: OrderedDict[tuple[str, int, bytes], Profile] = OrderedDict()


def current_profile() -> Profile:
    """The profile of the retailer that is being served, at its newest revision: one indexed read."""
    return profile_at(head_number())


def profile_at(number: int) -> Profile:
    """The profile of the retailer that is being served as it was at a revision; empty at revision 0."""
    if number == 0:
        return Profile(0, {}, {})
    schema = str(connection.schema_name)  # type: ignore[attr-defined]
    # A staging clone that was made anew may have another revision of the same number.
    mark = digest_at(number) if is_staging(schema) else b""
    where = (str(connection.settings_dict["NAME"]) + "/" + schema, number, mark)
    with _lock:
        found = _cache.get(where)
        if found is not None:
            _cache.move_to_end(where)
            return found
    profile = Profile(number, adoptions_at(number), documents_at(number))
    if _is_committed(number):
        with _lock:
            _cache[where] = profile
            while len(_cache) > _KEPT:
                _cache.popitem(last=False)
    return profile


def profile_for_release(module: str, release: str) -> Profile:
    """The newest profile at which a release of a module was live: what work that is pinned to it is decided by.

    Raises :class:`NotAdopted` where it never was.
    """
    number = last_revision_with(module, release)
    if number is None:
        message = f"{module} {release} has never been live here"
        raise NotAdopted(message)
    return profile_at(number)


def _is_committed(number: int) -> bool:
    """A revision that this transaction is only writing may yet be undone: it is not remembered."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT transaction IS DISTINCT FROM pg_current_xact_id_if_assigned() FROM modules_profilerevision"
            " WHERE number = %s",
            [number],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def forget() -> None:
    """Compile every profile anew at its next use. For tests that remake their database."""
    with _lock:
        _cache.clear()
