"""The profile over a thousand revisions and with thousands of documents; what the journal costs a capture."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from unittest.mock import patch

from django.db import connection

from modules.domain.canonical import Body, canonical
from modules.models import Decision, ModuleAdoption, ProfileDocument
from modules.profile import current_profile, forget
from modules.services import OpenRevision, profile_restore, revise
from modules.services.verify import profile_verify
from oms.infra.database.bulk import Rows
from oms.infra.database.context import retailer_context
from orders.services import order_review, orders_capture
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.upgrading import MODULE, SCHEMA, new_order

_REVISIONS = 1_000
_RESTORES = 1_000
_RESTORE_SECONDS = 100.0
_DOCUMENTS = 5_000
_NAMES = ("Straße", "Łódź", "東京", "naïve “quoted”", "tab\there", " ", "1e400", "Ω" * 40)


def restores() -> Iterator[Figure]:
    """Restore revisions picked at random; each must give back to the byte what was live when it was written."""
    chance = random.Random(5)
    live: dict[int, bytes] = {}
    for number in range(_REVISIONS):
        with retailer_context(SCHEMA):
            with revise(author="benchmark", reason=f"edit {number}") as revision:
                _edit(revision, chance)
            live[revision.number] = _content()
    forget()
    wrong, times = 0, list[float]()
    began = time.perf_counter()
    for wanted in chance.choices(sorted(live), k=_RESTORES):
        with retailer_context(SCHEMA):
            started = time.perf_counter()
            profile_restore(to=wanted, author="benchmark")
            times.append(time.perf_counter() - started)
            wrong += _content() != live[wanted]
        if time.perf_counter() - began > _RESTORE_SECONDS:
            break
    with retailer_context(SCHEMA):
        broken = len(profile_verify())
    yield Figure(
        "restore of a random revision, p95", percentile(times, 0.95) * 1e3, "ms",
        f"{len(live):,} revisions of random edits, {len(times):,} restored, {wrong} not identical to the byte, "
        f"{broken} links of the chain broken; median {statistics.median(times) * 1e3:.0f} ms",
    )  # fmt: skip


def _edit(revision: OpenRevision, chance: random.Random) -> None:
    """One to four documents of forty written anew or removed, and now and then the module held or released."""
    for _ in range(chance.randint(1, 4)):
        key = f"strategy {chance.randrange(40)}"
        if chance.random() < 0.2:
            revision.delete(MODULE, "routing_strategy", key)
        else:
            body: Body = {
                "name": chance.choice(_NAMES), "max_distance_km": chance.choice((None, 1, 20_100)), "note": None,
                "location_settings": [
                    {"location": f"S{place}", "enabled": chance.random() < 0.5} for place in range(chance.randrange(9))
                ],
            }  # fmt: skip
            revision.put(MODULE, "routing_strategy", key, body)
    if chance.random() < 0.05:
        revision.adopt(MODULE, revision.adopted[MODULE], held=chance.random() < 0.5)


def _content() -> bytes:
    """What is live: read from the tables themselves, not through history or any cache."""
    documents = ProfileDocument.objects.order_by("module", "kind", "key").values_list(
        "module", "kind", "key", "schema_release", "body", "complement"
    )
    adopted = ModuleAdoption.objects.order_by("module").values_list("module", "release", "held")
    return canonical({"documents": [list(row) for row in documents], "adopted": [list(row) for row in adopted]})


def profile_reads() -> Iterator[Figure]:
    """What a request pays for its profile: the number of the head, and documents that are compiled already."""
    with retailer_context(SCHEMA), revise(author="benchmark", reason="many documents") as revision:
        for number in range(_DOCUMENTS):
            revision.put(MODULE, "routing_strategy", f"store {number}", {"name": f"Store {number}"})
    with retailer_context(SCHEMA):
        started = time.perf_counter()
        there = len(current_profile().documents(MODULE, "routing_strategy"))
        compiled = time.perf_counter() - started
        reads, bare = list[float](), list[float]()
        for _ in range(4_000):
            started = time.perf_counter()
            current_profile().documents(MODULE, "routing_strategy")
            between = time.perf_counter()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                cursor.fetchone()
            bare.append(time.perf_counter() - between)
            reads.append(between - started)
    yield Figure(
        "profile read for a request, cached, p95", percentile(reads, 0.95) * 1e3, "ms",
        f"{there:,} documents; target 0.2 ms; median {statistics.median(reads) * 1e3:.3f} ms, SELECT 1 "
        f"{percentile(bare, 0.95) * 1e3:.3f} ms at p95; first read of a process {compiled:.2f} s",
    )  # fmt: skip


def journal_cost() -> Iterator[Figure]:
    """Capture with and without the journal, in turn, so that the machine's mood falls on both alike."""
    for size, rounds in ((1, 800), (100, 40)):
        times: dict[bool, list[float]] = {True: [], False: []}
        committed: dict[bool, list[float]] = {True: [], False: []}
        for number in range(rounds):
            for written in (True, False) if number % 2 else (False, True):
                first = 1_000_000 * size + (2 * number + written) * size
                orders = [new_order(first + place) for place in range(size)]
                with ExitStack() as stack:
                    if not written:
                        stack.enter_context(_unwritten())
                    begun = time.perf_counter()
                    with retailer_context(SCHEMA):
                        started = time.perf_counter()
                        orders_capture(channel="web", orders=orders, actor="x", react=False)
                        times[written].append(time.perf_counter() - started)
                    committed[written].append(time.perf_counter() - begun)
        share, whole = (_share(found[True], found[False]) for found in (times, committed))
        what = "one order" if size == 1 else f"{size} orders at once"
        yield Figure(
            f"journal's share of capture, {what}", share, "%",
            f"target 10 %; {statistics.median(times[True]) * 1e3:.2f} ms with it; {whole:.1f} % with the commit",
        )  # fmt: skip


def _share(with_it: list[float], without: list[float]) -> float:
    """Percent of the time without it that it costs. Lower quartiles: what others do on the machine only adds."""
    return (percentile(with_it, 0.25) / percentile(without, 0.25) - 1) * 100


def _unwritten() -> patch.multiple:  # type: ignore[name-defined]
    """The same decisions, neither packed nor written down."""
    nothing = Rows(Decision, [], [])
    return patch.multiple(order_review, journal_rows=lambda **_: nothing, facts_to_json=lambda told: {})
