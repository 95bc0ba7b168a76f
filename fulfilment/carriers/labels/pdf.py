"""Labels of 4 by 6 inches and manifests on A4, as PDF."""

from __future__ import annotations

import unicodedata
from io import BytesIO
from itertools import groupby

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import inch, mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from fulfilment.carriers.labels.label import Label, ManifestSheet, bars

_WIDTH, _HEIGHT = 4 * inch, 6 * inch
_EDGE = 0.2 * inch
_PLAIN, _BOLD = "Helvetica", "Helvetica-Bold"
_ROWS_TO_A_SHEET = 40
_SMALLEST = 6
"""Points; what still does not fit is cut."""
#: Modules of 0.5 mm are read from an arm's length; ten of them stay clear at both sides (ISO/IEC 15417).
_WIDEST_MODULE, _QUIET = 0.5 * mm, 10


def label_pdf(label: Label) -> bytes:
    """One label on one page. The same label gives the same bytes."""
    sheet = BytesIO()
    canvas = Canvas(sheet, pagesize=(_WIDTH, _HEIGHT), invariant=1, pageCompression=0)
    canvas.setTitle(f"Label {label.tracking_number}")
    _text(canvas, _EDGE, 5.72 * inch, 7, "From")
    for number, line in enumerate(label.ship_from.lines):
        _text(canvas, _EDGE, 5.58 * inch - number * 10, 8, line, width=2.4 * inch)
    _text(canvas, 2.75 * inch, 5.58 * inch, 8, label.collected_on.strftime("%d %b %Y"))
    _text(canvas, 2.75 * inch, 5.58 * inch - 12, 8, label.kilograms)
    _text(canvas, 2.75 * inch, 5.58 * inch - 24, 9, f"Piece {label.piece_of}", _BOLD)
    _rule(canvas, 4.9 * inch)
    _text(canvas, _EDGE, 4.74 * inch, 7, "To")
    for number, line in enumerate(label.ship_to.lines):
        _text(canvas, _EDGE, 4.5 * inch - number * 17, 14, line, _BOLD if not number else _PLAIN)
    _rule(canvas, 3.35 * inch)
    _text(canvas, _EDGE, 3.08 * inch, 15, label.service, _BOLD, width=2.6 * inch)
    _text(canvas, _EDGE, 2.86 * inch, 9, label.carrier, width=2.6 * inch)
    _text(canvas, _EDGE, 2.66 * inch, 9, f"Order {label.reference}", width=2.6 * inch)
    _square(canvas, f"{label.tracking_number} {label.reference}", 3.0 * inch, 2.52 * inch, 0.78 * inch)
    _rule(canvas, 2.4 * inch)
    _symbol(canvas, label.tracking_number, 0.75 * inch, 1.35 * inch)
    canvas.setFont(_BOLD, 13)
    canvas.drawCentredString(_WIDTH / 2, 0.45 * inch, label.tracking_number)
    canvas.showPage()
    canvas.save()
    return sheet.getvalue()


def manifest_pdf(manifest: ManifestSheet) -> bytes:
    """What was handed over, with room for two signatures. The same manifest gives the same bytes."""
    sheet = BytesIO()
    canvas = Canvas(sheet, pagesize=A4, invariant=1, pageCompression=0)
    canvas.setTitle(f"Manifest {manifest.number}")
    pages = max(1, -(-len(manifest.lines) // _ROWS_TO_A_SHEET))
    for page in range(pages):
        _manifest_page(canvas, manifest, page, pages)
        canvas.showPage()
    canvas.save()
    return sheet.getvalue()


def _manifest_page(canvas: Canvas, manifest: ManifestSheet, page: int, pages: int) -> None:
    height = A4[1]
    _text(canvas, 18 * mm, height - 20 * mm, 15, f"Manifest {manifest.number}", _BOLD, width=170 * mm)
    about = f"{manifest.carrier} · {manifest.location} · {manifest.day:%d %b %Y} · page {page + 1} of {pages}"
    _text(canvas, 18 * mm, height - 27 * mm, 9, about, width=170 * mm)
    columns = (18, 60, 100, 142, 165, 192)
    top = height - 38 * mm
    heads = ("Tracking number", "Order", "Recipient", "Postal code", "Service")
    for left, head in zip(columns, heads, strict=False):
        _text(canvas, left * mm, top, 8, head, _BOLD, width=40 * mm)
    canvas.setFont(_BOLD, 8)
    canvas.drawRightString(columns[-1] * mm, top, "kg")
    here = manifest.lines[page * _ROWS_TO_A_SHEET : (page + 1) * _ROWS_TO_A_SHEET]
    for number, line in enumerate(here, 1):
        row = top - number * 5.2 * mm
        values = (line.tracking_number, line.order_number, line.recipient, line.postal_code, line.service)
        for left, right, value in zip(columns, columns[1:], values, strict=False):
            _text(canvas, left * mm, row, 8, value, width=(right - left - 2) * mm if right != columns[-1] else 16 * mm)
        canvas.setFont(_PLAIN, 8)
        canvas.drawRightString(columns[-1] * mm, row, f"{line.grams / 1000:.3f}")
    if page + 1 == pages:
        total = sum(line.grams for line in manifest.lines) / 1000
        count = len(manifest.lines)
        summary = f"{count:,} parcel{'' if count == 1 else 's'}, {total:,.3f} kg"
        _text(canvas, 18 * mm, 34 * mm, 10, summary, _BOLD, width=170 * mm)
        for left, who in ((18, "Handed over by"), (110, "Received by the carrier")):
            canvas.line(left * mm, 20 * mm, (left + 80) * mm, 20 * mm)
            _text(canvas, left * mm, 16 * mm, 8, f"{who}: name, signature, time", width=80 * mm)


def _symbol(canvas: Canvas, text: str, bottom: float, height: float) -> None:
    """The Code 128 symbol, in the middle: a rectangle for each bar."""
    modules = bars(text)
    module = min(_WIDEST_MODULE, _WIDTH / (len(modules) + 2 * _QUIET))
    left = (_WIDTH - len(modules) * module) / 2
    place = 0
    for sign, run in groupby(modules):
        width = len(list(run))
        if sign == "1":
            canvas.rect(left + place * module, bottom, width * module, height, stroke=0, fill=1)
        place += width


def _square(canvas: Canvas, text: str, left: float, bottom: float, side: float) -> None:
    """A QR code."""
    rows = list(segno.make(text, error="m", micro=False).matrix)
    cell = side / len(rows)
    for up, row in enumerate(reversed(rows)):
        for across, dark in enumerate(row):
            if dark:
                canvas.rect(left + across * cell, bottom + up * cell, cell, cell, stroke=0, fill=1)


def _text(
    canvas: Canvas, left: float, bottom: float, size: int, text: str, font: str = _PLAIN, *, width: float | None = None
) -> None:
    """A line, made smaller until it fits; what its font cannot write is written without accents."""
    line = _writable(text)
    fits = width or max(_WIDTH - _EDGE - left, 0)
    while size > _SMALLEST and stringWidth(line, font, size) > fits:
        size -= 1
    while len(line) > 1 and stringWidth(line, font, size) > fits:
        line = line.removesuffix("…")[:-1] + "…"
    canvas.setFont(font, size)
    canvas.drawString(left, bottom, line)


#: Letters that are no accented form of another one.
_PLAINER = str.maketrans("ŁłĐđĦħıĿŀ", "LlDdHhiLl")


def _writable(text: str) -> str:
    """The built-in fonts write Western European letters; others lose their accents or become a question mark."""
    return "".join(_letter(sign) for sign in text.translate(_PLAINER))


def _letter(sign: str) -> str:
    for form in (sign, unicodedata.normalize("NFKD", sign)[0]):
        if form.encode("cp1252", "ignore"):
            return form
    return "?"


def _rule(canvas: Canvas, height: float) -> None:
    canvas.setLineWidth(1)
    canvas.line(_EDGE, height, _WIDTH - _EDGE, height)
