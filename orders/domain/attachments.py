"""Which files may be put on an order."""

from __future__ import annotations

from oms.kernel.verdict import Verdict

MOST_BYTES = 5 * 1024 * 1024

#: Content type -> endings of its names, and the bytes that it begins with (none for text).
TYPES: dict[str, tuple[tuple[str, ...], bytes]] = {
    "application/pdf": ((".pdf",), b"%PDF-"),
    "image/png": ((".png",), b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": ((".jpg", ".jpeg"), b"\xff\xd8\xff"),
    "text/plain": ((".txt",), b""),
    "text/csv": ((".csv",), b""),
}


def content_type_of(name: str) -> str:
    """What a file is by the ending of its name; empty where that is not taken."""
    lowered = name.lower()
    return next((kind for kind, (endings, _) in TYPES.items() if lowered.endswith(endings)), "")


def may_attach(name: str, content: bytes) -> Verdict:
    """Whether a file of this name and content is taken."""
    kind = content_type_of(name)
    if not kind:
        endings = ", ".join(ending for endings, _ in TYPES.values() for ending in endings)
        return Verdict.no(f"{name}: files with these endings are taken: {endings}")
    if not content:
        return Verdict.no(f"{name} is empty")
    if len(content) > MOST_BYTES:
        return Verdict.no(f"{name} has {len(content):,} bytes; at most {MOST_BYTES:,} are taken")
    beginning = TYPES[kind][1]
    if not content.startswith(beginning) or (not beginning and not _is_text(content)):
        return Verdict.no(f"{name} does not hold what its ending says")
    return Verdict.yes()


def _is_text(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode()
    except UnicodeDecodeError:
        return False
