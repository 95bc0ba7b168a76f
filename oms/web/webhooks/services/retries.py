"""When a call that failed is made again."""

from __future__ import annotations

import hashlib
from datetime import timedelta

#: After the first failure, the second, …: the schedule that Standard Webhooks suggests. Then it is parked.
DELAYS = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
#: A delay is longer by up to this share, so that what failed together does not come again together.
_JITTER = 0.2
_LONGEST = timedelta(hours=24)


def delay_after(tries: int, *, reference: str, asked: timedelta | None = None) -> timedelta | None:
    """The time to wait after ``tries`` failed calls of a message; None when it is to be parked.

    ``asked`` is what the receiver's ``Retry-After`` asks for; it is heeded up to a day. The jitter follows from the
    message and the number of tries, so it can be foretold.
    """
    if tries > len(DELAYS):
        return None
    mark = hashlib.sha256(f"{reference}:{tries}".encode()).digest()
    share = int.from_bytes(mark[:4], "big") / 2**32 * _JITTER
    own = min(DELAYS[tries - 1] * (1 + share), _LONGEST)
    return max(own, min(asked, _LONGEST)) if asked else own
