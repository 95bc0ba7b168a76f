"""A process full of buyers: each holds one unit under a key of its own and says what came of it.

``python -m tests.fulfilment.inventory.buyers <threads> <first> <last> [<wait for>]`` writes one line for each buyer to
standard output, as soon as its transaction has committed: ``17 held`` or ``17 none``.
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from fulfilment.inventory.services import CannotPromise, cart_reserve  # noqa: E402
from oms.infra.database.context import retailer_context  # noqa: E402

_writing = threading.Lock()


def buy(number: int) -> None:
    """One buyer, who asks once."""
    try:
        with retailer_context("acme"):
            cart_reserve(
                key=f"buyer-{number}", sku="LAST", quantity=1, actor="buyers",
                expires_at=timezone.now() + timedelta(hours=1),
            )  # fmt: skip
        answer = "held"
    except CannotPromise:
        answer = "none"
    with _writing:
        sys.stdout.write(f"{number} {answer}\n")
        sys.stdout.flush()


def main() -> None:
    """Begin together, at a line on standard input."""
    threads, first, last = (int(argument) for argument in sys.argv[1:4])
    with retailer_context("acme"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(buy, range(first, last)))


if __name__ == "__main__":
    main()
