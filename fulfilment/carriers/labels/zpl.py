"""Labels of 4 by 6 inches in ZPL II, for printers of 203 dots per inch."""

from __future__ import annotations

from fulfilment.carriers.labels.label import Label

_WIDTH, _HEIGHT = 812, 1218


def label_zpl(label: Label) -> str:
    """One label. ``^CI28`` says that its text is UTF-8."""
    fields = [
        "^XA", "^CI28", f"^PW{_WIDTH}", f"^LL{_HEIGHT}", "^LH0,0",
        _text(40, 35, 20, "From"),
        *(_text(40, 60 + 24 * row, 22, line) for row, line in enumerate(label.ship_from.lines)),
        _text(560, 60, 22, label.collected_on.strftime("%d %b %Y")),
        _text(560, 86, 22, label.kilograms),
        _text(560, 114, 26, f"Piece {label.piece_of}"),
        _rule(200),
        _text(40, 215, 20, "To"),
        *(_text(40, 245 + 48 * row, 42, line) for row, line in enumerate(label.ship_to.lines)),
        _rule(530),
        _text(40, 555, 46, label.service),
        _text(40, 612, 26, label.carrier),
        _text(40, 648, 26, f"Order {label.reference}"),
        f"^FO610,545^BQN,2,4^FH^FDMA,{_escaped(f'{label.tracking_number} {label.reference}')}^FS",
        _rule(710),
        f"^FO90,750^BY3,3,280^BCN,280,N,N,N,A^FD{label.tracking_number}^FS",
        f"^FO0,1060^FB{_WIDTH},1,0,C^A0N,44,44^FD{label.tracking_number}^FS",
        "^PQ1", "^XZ",
    ]  # fmt: skip
    return "\n".join(fields) + "\n"


def _text(left: int, top: int, size: int, text: str) -> str:
    return f"^FO{left},{top}^A0N,{size},{size}^FH^FD{_escaped(text)}^FS"


def _rule(top: int) -> str:
    return f"^FO30,{top}^GB{_WIDTH - 60},2,2^FS"


def _escaped(text: str) -> str:
    """Signs that ZPL takes for commands, by their number; line ends are spaces."""
    marked = "".join(f"_{ord(sign):02X}" if sign in "^~_" else sign for sign in text)
    return " ".join(marked.split())
