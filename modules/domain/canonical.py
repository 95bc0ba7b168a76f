"""One way to write a document as bytes, so that equal content is equal to the byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

#: A JSON value as it comes from the database or a file.
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Body = dict[str, Json]

# Made once: json.dumps makes an encoder for every call that asks for anything unusual.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical(value: Json | Mapping[str, Json]) -> bytes:
    """UTF-8 JSON with sorted keys, no spaces, no escapes that are not needed (as RFC 8785, integers exact)."""
    return _encode(value).encode()


def digest_of_profile(parent: bytes, parts: Iterable[tuple[str, bytes]]) -> bytes:
    """SHA-256 over the parent's digest and every part (name, canonical bytes), in the order of the names."""
    total = hashlib.sha256(parent)
    for name, content in sorted(parts):
        total.update(hashlib.sha256(name.encode()).digest())
        total.update(hashlib.sha256(content).digest())
    return total.digest()
