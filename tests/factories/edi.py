"""Interchanges of an invented partner, Bergmann, that orders from an invented retailer, Acme."""

from __future__ import annotations

from orders.channels.x12.options import Partner, partner_of
from orders.domain.channel import Json, Setup

#: One order of two lines, 12 red ones and 3 blue ones, with carriage: 120.00 + 37.50 + 8.00 = 165.50.
ORDER: tuple[str, ...] = (
    "BEG*00*SA*PO-7001**20260504",
    "REF*DP*042",
    "DTM*010*20260511",
    "SAC*C*D240***800*******06***Freight",
    "TD5**2*UPSN",
    "N1*BY*Bergmann Stores*92*BERG",
    "N1*ST*Bergmann Store 12*92*0012",
    "N3*12 Harbor Street*Dock B",
    "N4*Boston*MA*02110*US",
    "PO1*1*12*EA*10**VN*RED*UP*012345678905",
    "PID*F****Red lantern",
    "PO1*2*3*EA*12.5**VN*BLUE",
    "CTT*2*15",
    "AMT*TT*165.5",
)


def edi(
    *documents: tuple[str, ...], code: str = "850", group: str = "PO", control: int = 41, version: str = "004010",
    usage: str = "P", sender: str = "BERGMANN", receiver: str = "ACME", ack: str = "0",
) -> bytes:  # fmt: skip
    """An interchange whose counts are right; documents are segments without ST and SE."""
    lines = [
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}*260504*1030*U*00401*{control:09d}*{ack}"
        f"*{usage}*>",
        f"GS*{group}*{sender}*{receiver}*20260504*1030*{control}*X*{version}",
    ]
    for place, document in enumerate(documents, 1):
        lines += [f"ST*{code}*{place:04d}", *document, f"SE*{len(document) + 2}*{place:04d}"]
    lines += [f"GE*{len(documents)}*{control}", f"IEA*1*{control:09d}"]
    return "".join(f"{line}~\n" for line in lines).encode()


def order_of(number: str = "PO-7001", *, replaced: tuple[str, str] = ("", "")) -> tuple[str, ...]:
    """The order under another number, with a text in it replaced."""
    return tuple(line.replace("PO-7001", number).replace(*replaced) if replaced[0] else line.replace(
        "PO-7001", number) for line in ORDER)  # fmt: skip


def setup_of(**options: Json) -> Setup:
    """The partner's channel, set up."""
    return Setup(
        code="bergmann", currency="USD", country="US",
        options={"their_id": "ZZ/BERGMANN", "our_id": "ZZ/ACME", **options},
    )  # fmt: skip


def partner(**options: Json) -> Partner:
    """The partner, set up."""
    return partner_of(setup_of(**options))
