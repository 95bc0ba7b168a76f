"""Notes of a release as HTML. Only headings, lists, paragraphs and emphasis; everything else is text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_MARKS = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w*])\*([^*]+)\*(?![\w*])"), r"<em>\1</em>"),
)


def notes_as_html(markdown: str) -> SafeString:
    """The text is escaped first; what is marked up afterwards is ours alone. The first heading is left out."""
    blocks = [block.strip("\n") for block in re.split(r"\n\s*\n", markdown.replace("\r\n", "\n")) if block.strip()]
    if blocks and blocks[0].startswith("# "):
        blocks = blocks[1:]
    return mark_safe("\n".join(part for block in blocks for part in _block(block)))  # noqa: S308 - escaped below


def _block(block: str) -> Iterator[str]:
    """A block may be a heading, paragraphs and lists without blank lines between them."""
    items: list[tuple[str, str]] = []
    for line in block.splitlines():
        mark, text = _kind(line)
        if mark == "more" and items:
            items[-1] = (items[-1][0], f"{items[-1][1]} {text}")
        else:
            items.append(("p" if mark == "more" else mark, text))
    for mark, group in groupby(items, key=lambda item: item[0]):
        texts = [_emphasised(text) for _, text in group]
        if mark in ("ul", "ol"):
            yield f"<{mark}>" + "".join(f"<li>{text}</li>" for text in texts) + f"</{mark}>"
        else:
            yield from (f"<{mark}>{text}</{mark}>" for text in texts)


def _kind(line: str) -> tuple[str, str]:
    for pattern, mark in ((r"#{1,6}\s+(.+)", "h4"), (r"\s*[-*]\s+(.+)", "ul"), (r"\s*\d+[.)]\s+(.+)", "ol")):
        found = re.fullmatch(pattern, line)
        if found:
            return mark, found.group(1)
    return "more", line.strip()


def _emphasised(text: str) -> str:
    html = str(escape(text))
    for pattern, replacement in _MARKS:
        html = pattern.sub(replacement, html)
    return html
