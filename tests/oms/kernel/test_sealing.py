"""Sealed secrets open with their key, for their purpose, unchanged; and in no other way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.kernel.sealing import CannotOpen, seal, unseal


@given(st.text(max_size=200))
def test_what_was_sealed_opens(text: str) -> None:
    text = text.encode(errors="replace").decode()
    sealed = seal(text, key="k", purpose="p")
    assert unseal(sealed, keys=["new", "k"], purpose="p") == text
    assert not text or len(text) < 4 or text.encode() not in sealed


def test_the_same_twice_looks_different() -> None:
    assert seal("secret", key="k", purpose="p") != seal("secret", key="k", purpose="p")


def test_another_key_purpose_or_byte_does_not_open() -> None:
    sealed = seal("secret", key="k", purpose="acme/1")
    for keys, purpose in ((["other"], "acme/1"), (["k"], "globex/1"), ([], "acme/1")):
        with pytest.raises(CannotOpen):
            unseal(sealed, keys=keys, purpose=purpose)
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(CannotOpen):
            unseal(changed, keys=["k"], purpose="acme/1")
    with pytest.raises(CannotOpen):
        unseal(b"", keys=["k"], purpose="acme/1")
