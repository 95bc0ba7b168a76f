"""Any bytes are read: what is well is taken apart, what is not is named by segment, element and code."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.channels.x12.acknowledgement import answer
from orders.channels.x12.checking import day, read
from orders.channels.x12.findings import Finding, Level
from orders.channels.x12.syntax import File, split
from orders.channels.x12.writing import stamp
from tests.factories.channels import NOW
from tests.factories.edi import ORDER, edi, order_of

SUPPORTED = ("850", "855", "856", "860", "810", "846", "997")


def errors(found: File) -> list[Finding]:
    """All that refuses something, the outermost first."""
    return [each for each in findings(found) if each.level is Level.ERROR]


def findings(found: File) -> list[Finding]:
    """All that is not as the standard has it, the outermost first."""
    result = list(found.findings)
    for each in found.interchanges:
        result += each.findings
        for group in each.groups:
            result += group.findings
            result += [finding for one in group.sets for finding in one.findings]
    return result


def codes(body: bytes) -> list[tuple[str, str, str]]:
    return [(each.place, each.scope.value, each.code) for each in errors(read(body))]


def test_an_interchange_is_taken_apart() -> None:
    [found] = read(edi(ORDER, order_of("PO-7002"))).interchanges
    assert (found.sender, found.receiver, found.control) == (("ZZ", "BERGMANN"), ("ZZ", "ACME"), "000000041")
    assert [(group.code, group.control, group.version) for group in found.groups] == [("PO", "41", "004010")]
    assert [(each.code, each.control, len(each.segments)) for _, each in found.sets] == [
        ("850", "0001", 16), ("850", "0002", 16),
    ]  # fmt: skip
    assert errors(read(edi(ORDER))) == []


@pytest.mark.parametrize(
    ("element", "component", "mark"),
    [("*", ">", "~"), ("|", ":", "'"), ("\x1d", "\x1f", "\x1c"), ("^", "<", "\n"), ("*", "@", "\r"), ("+", "!", "$")],
)
def test_each_interchange_names_its_own_delimiters(element: str, component: str, mark: str) -> None:
    body = edi(ORDER).decode().replace(">~", f"{component}~").replace("*", element).replace("~\n", mark).encode()
    found = read(body)
    assert errors(found) == []
    assert found.interchanges[0].groups[0].sets[0].segments[1].elements[2] == "PO-7001"


@pytest.mark.parametrize("line_break", [b"~", b"~\r\n", b"~\n\n", b"~ \n"])
def test_line_breaks_after_segments_mean_nothing(line_break: bytes) -> None:
    assert errors(read(edi(ORDER).replace(b"~\n", line_break))) == []


def test_several_interchanges_in_a_file_are_read_each_by_itself() -> None:
    found = read(b"\xef\xbb\xbf\n" + edi(ORDER) + edi(order_of("PO-7002"), control=42).replace(b"*", b"|"))
    assert [each.control for each in found.interchanges] == ["000000041", "000000042"]
    assert errors(found) == []


def test_a_file_that_was_cut_off_does_not_keep_the_next_one() -> None:
    first, second = read(edi(ORDER)[:300] + edi(order_of("PO-7002"), control=42)).interchanges
    assert [each.code for each in first.errors] == ["023"]
    assert (second.control, errors(File([second]))) == ("000000042", [])


def test_faults_where_nothing_is_read_are_notes() -> None:
    [found] = read(edi((*ORDER[:4], "TD5*O*2*UPSN*******x", *ORDER[5:]))).interchanges
    [document] = found.groups[0].sets
    assert [(each.place, each.level) for each in document.findings] == [("TD510 in segment 6", Level.NOTE)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("SE*16*0001", "SE*15*0001", ("SE01 in segment 16", "set", "4")),
        ("SE*16*0001", "SE*16*0002", ("SE02 in segment 16", "set", "3")),
        ("SE*16*0001~\n", "", ("SE in segment 16", "set", "2")),
        ("GE*1*41", "GE*2*41", ("GE01", "group", "5")),
        ("GE*1*41", "GE*1*42", ("GE02", "group", "4")),
        ("GE*1*41~\n", "", ("GE", "group", "3")),
        ("IEA*1*000000041", "IEA*2*000000041", ("IEA01 in segment 20", "interchange", "021")),
        ("IEA*1*000000041", "IEA*1*000000042", ("IEA02 in segment 20", "interchange", "001")),
        ("IEA*1*000000041~\n", "", ("IEA", "interchange", "023")),
        ("X*004010", "X*ABC", ("GS08", "group", "2")),
        ("ST*850*0001", "ST*850*1", ("ST02 in segment 1", "set", "7")),
        ("ST*850*", "ST*832*", ("ST01 in segment 1", "set", "1")),
        ("BEG*00*SA*PO-7001**20260504~\n", "", ("BEG in segment 2", "segment", "3")),
        ("20260504~\nREF", "20260231~\nREF", ("BEG05 in segment 2", "element", "8")),
        ("BEG*00*SA*PO-7001*", "BEG*00*SA**", ("BEG03 in segment 2", "element", "1")),
        ("BEG*00*SA*", "BEG*000*SA*", ("BEG01 in segment 2", "element", "5")),
        ("PO1*1*12*EA*10", "PO1*1*twelve*EA*10", ("PO102 in segment 11", "element", "6")),
        ("N4*Boston*MA*02110*US", "N4*Bos\nton*MA*02110*US", ("N401 in segment 10", "element", "6")),
        ("CTT*2*15", "CTT*2*15*1*LB*1*CF*x*y", ("CTT08 in segment 14", "element", "3")),
        ("CTT*2*15~\n", "CTT*2*15~\nCTT*2*15~\n", ("CTT in segment 15", "segment", "5")),
        ("CTT*2*15~\n", "CTT*2*15~\nPO1*3*1*EA*1**VN*X~\n", ("PO1 in segment 15", "segment", "7")),
        ("REF*DP*042", "re?*DP*042", ("re? in segment 3", "segment", "1")),
    ],
)
def test_what_is_wrong_is_named_by_its_place_and_code(old: str, new: str, expected: tuple[str, str, str]) -> None:
    assert old in edi(ORDER).decode()
    assert expected in codes(edi(ORDER).decode().replace(old, new, 1).encode())


def test_what_is_not_known_is_noted_and_refuses_nothing() -> None:
    [found] = read(edi((*ORDER[:1], "ZZX*1*2", *ORDER[1:]))).interchanges
    [document] = found.groups[0].sets
    assert document.errors == []
    [note] = document.findings
    assert (note.place, note.code, note.level) == ("ZZX in segment 3", "1", Level.NOTE)


def test_a_control_number_is_used_once_in_a_group() -> None:
    twice = edi(ORDER, order_of("PO-7002")).replace(b"*0002~", b"*0001~")
    assert codes(twice) == [("ST02 in segment 1", "set", "7")]


def test_years_of_two_digits_have_their_century() -> None:
    assert [str(day(text)) for text in ("260504", "990101", "20260504", "20261301", "１２３４５６")] == [
        "2026-05-04", "1999-01-01", "2026-05-04", "None", "None",
    ]  # fmt: skip


def test_the_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.channels.x12.syntax.MOST_BYTES", 100)
    assert [str(each) for each in split(edi(ORDER)).findings] == ["the file has 541 bytes; at most 100 are read"]
    monkeypatch.undo()
    monkeypatch.setattr("orders.channels.x12.syntax.MOST_SEGMENTS", 5)
    assert ("", "interchange", "024") in codes(edi(ORDER))


def all_read(body: bytes) -> None:
    """Whatever it is, it is read, and answered with something that can be read."""
    for each in read(body).interchanges:
        reply = answer(each)
        if reply is not None:
            again = read(stamp(reply, 1, NOW))
            assert findings(again) == []
            for one in again.interchanges:
                mark = one.delimiters.repetition
                assert all(2 <= len(group.header[place]) <= 15 for group in one.groups for place in (2, 3))
                assert not mark or mark not in "".join(text for _, each in one.sets for part in each.segments
                                                       for text in part.elements)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read(body: bytes) -> None:
    all_read(body)
    all_read(b"ISA*" + body)
    all_read(edi(ORDER)[:106] + body)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage_to_an_interchange_is_read(data: st.DataObject) -> None:
    body = bytearray(edi(ORDER, order_of("PO-7002")))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        if data.draw(st.booleans()):
            body[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=8))
        else:
            body[at] = data.draw(st.integers(0, 255))
    all_read(bytes(body))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_element_may_be_replaced_and_is_still_answered(data: st.DataObject) -> None:
    segments = edi(ORDER, order_of("PO-7002"), version=data.draw(st.sampled_from(["004010", "005010"]))).split(b"~\n")
    odd = st.text("AZaz09 .-^:>|*é\t\x00", max_size=20) | st.text("0123456789", max_size=20)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(1, len(segments) - 2))
        parts = segments[at].split(b"*")
        parts[data.draw(st.integers(0, len(parts) - 1))] = data.draw(odd).encode()
        segments[at] = b"*".join(parts)
    all_read(b"~\n".join(segments))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("ST*850*0001", "ST*50*0001", ["AK2*000*0001", "AK5*R*6"]),
        ("ST*850*0001", "ST**0001", ["AK2*000*0001", "AK5*R*6"]),
        ("ST*850*0001", "ST*8501*0001", ["AK2*000*0001", "AK5*R*6"]),
        ("ST*850*0001", "ST*850*1", ["AK2*850*0000", "AK5*R*7*3"]),
        ("ST*850*0001", "ST*850*", ["AK2*850*0000", "AK5*R*7*3*5"]),
        ("ST*850*0001", "ST*850*0123456789", ["AK2*850*0000", "AK5*R*7*3"]),
        ("GS*PO*", "GS*P*", ["AK1*ZZ*41", "AK5*A"]),
        ("GS*PO*", "GS*POO*", ["AK1*ZZ*41", "AK5*A"]),
        ("*1030*41*X", "*1030*1234567890*X", ["AK1*PO*0", "AK5*R"]),
        ("*1030*41*X", "*1030**X", ["AK1*PO*0", "AK5*R"]),
    ],
)
def test_what_cannot_be_echoed_is_answered_with_what_can(old: str, new: str, expected: list[str]) -> None:
    """AK201 has three characters, AK202 four to nine, AK102 one to nine digits: others are told by their codes."""
    text = edi(ORDER).decode()
    assert old in text
    [found] = read(text.replace(old, new, 1).encode()).interchanges
    reply = answer(found)
    assert reply is not None
    said = reply.decode().split("~\n")
    assert [line for line in said if line.startswith((expected[0][:4], "AK5"))] == expected
    assert findings(read(stamp(reply, 1, NOW))) == []


def files(shared_data: Path, name: str) -> list[Path]:
    found = sorted((shared_data / "edi_x12").rglob(f"*__{name}__*.edi"))
    assert found
    return found


def test_valid_files_of_others_are_read(shared_data: Path) -> None:
    for path in files(shared_data, "pass"):
        all_read(path.read_bytes())
        found = read(path.read_bytes())
        kinds = {each.code for one in found.interchanges for _, each in one.sets}
        expected = [] if kinds <= set(SUPPORTED) else ["1"]
        assert [each.code for each in errors(found)] == expected, path.name


def test_damaged_files_of_others_are_refused_with_the_segment(shared_data: Path) -> None:
    for path in files(shared_data, "fail"):
        all_read(path.read_bytes())
        found = errors(read(path.read_bytes()))
        assert found, path.name
        assert all(each.segment for each in found), path.name
