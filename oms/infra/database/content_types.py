"""Content types remembered by schema.

Django remembers them by database alias alone, in one cache for all threads, while their numbers differ from
one retailer's schema to the next.
"""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connections


class CacheBySchema(dict[Any, Any]):
    """Django's cache of content types, keyed by (alias, schema served) instead of the alias."""

    def __getitem__(self, using: str) -> Any:
        return super().__getitem__(_key(using))

    def get(self, using: str, default: Any = None) -> Any:
        return super().get(_key(using), default)

    def setdefault(self, using: str, default: Any = None) -> Any:
        return super().setdefault(_key(using), default)


def install() -> None:
    """Replace Django's cache. Called once, as the application starts."""
    ContentType.objects._cache = CacheBySchema()  # type: ignore[attr-defined]


def _key(using: str) -> tuple[str, str | None]:
    return using, connections[using].schema_name  # type: ignore[attr-defined]
