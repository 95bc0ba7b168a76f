"""The first revision of a profile."""

from __future__ import annotations

from collections.abc import Mapping

from modules import registry
from modules.models import Origin
from modules.selectors import head_number
from modules.services.revise import revise


def profile_begin(*, author: str, adopt: Mapping[str, str] | None = None) -> None:
    """Adopt the newest release of every module, with the documents that it begins with, unless there is a profile.

    ``adopt`` names other releases by module.
    """
    if head_number():
        return
    chosen = {module: str(registry.releases_of(module)[-1].release.version) for module in registry.module_names()}
    chosen |= adopt or {}
    with revise(author=author, reason="The profile began", origin=Origin.INITIAL) as revision:
        for module, version in chosen.items():
            revision.adopt(module, version)
            for kind in registry.release(module, version).kinds.values():
                for key, body in kind.defaults.items():
                    revision.put(module, kind.name, key, dict(body))
