"""Names for lines by their content, so that importing a file twice adds nothing."""

from __future__ import annotations

from hashlib import blake2b
from uuid import UUID

#: Joins fields before hashing. A cell that holds it is refused, and is then hashed in escaped form.
SEPARATOR = "\x1f"


class Fingerprints:
    """Fingerprints the lines of one reading of one file, and counts how often each occurred.

    Memory: about 125 bytes for each distinct line.
    """

    def __init__(self, channel: str) -> None:
        self._prefix = channel + SEPARATOR
        self._seen: dict[bytes, int] = {}

    def of(self, content: str) -> tuple[UUID, int]:
        """The 128-bit BLAKE2b (RFC 7693) of channel and content, and how often it came before."""
        digest = blake2b((self._prefix + content).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        occurrence = self._seen.get(digest, 0)
        self._seen[digest] = occurrence + 1
        return UUID(bytes=digest), occurrence
