"""Writing decisions down, and which policies' decisions can be made again."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from modules.domain.canonical import Body, canonical
from modules.domain.journal import MadeDecision, Replayable
from modules.models import Decision, DecisionContext
from oms.infra.database.bulk import Rows, insert_rows, insert_together

_replayable: dict[tuple[str, str], Replayable] = {}
_still_open: list[str] = []

#: Bytes of JSON up to which compression saves next to nothing.
_SHORT = 400


@dataclass(frozen=True, slots=True)
class Journaled:
    """A decision to write down, with the facts that it was made on."""

    subject: str
    facts: Body
    decision: MadeDecision


def replayable(policy: Replayable) -> None:
    """Register a policy whose decisions are journaled. Called as the application starts."""
    _replayable[policy.module, policy.policy] = policy


def replayable_policies(module: str) -> tuple[Replayable, ...]:
    """The journaled policies of a module."""
    return tuple(policy for (name, _), policy in sorted(_replayable.items()) if name == module)


def explains_while_open(subjects: str) -> None:
    """Keep decisions beyond their retention while what they explain is open. Called as the application starts.

    ``subjects`` is an SQL query, on a retailer's own tables, for the names of what is still open.
    """
    _still_open.append(subjects)


def subjects_still_open() -> tuple[str, ...]:
    """The queries for what is still open."""
    return tuple(_still_open)


def journal(
    *,
    module: str,
    policy: str,
    release: str,
    revision: int,
    decisions: Sequence[Journaled],
    context: Body | None = None,
) -> None:
    """Write decisions down, in the transaction that applies them. ``context`` holds what they share."""
    insert_together(
        journal_rows(
            module=module, policy=policy, release=release, revision=revision, decisions=decisions, context=context
        )
    )  # fmt: skip


def journal_rows(
    *,
    module: str,
    policy: str,
    release: str,
    revision: int,
    decisions: Sequence[Journaled],
    context: Body | None = None,
) -> Rows:
    """The rows that write decisions down, for a caller who inserts more in the same round trip."""
    digest = _keep(context) if context is not None and decisions else None
    return Rows(
        Decision,
        ["module", "policy", "release", "revision", "subject", "context", "facts", "outcome", "steps"],
        [
            (
                module, policy, release, revision, item.subject, digest, pack(item.facts),
                json.dumps(item.decision.outcome()),
                json.dumps([[s.rule, s.subject, s.kept, s.why] for s in item.decision.steps]),
            )
            for item in decisions
        ],
    )  # fmt: skip


def pack(content: Body) -> bytes:
    """Compact bytes of a JSON object: compressed where that pays."""
    written = canonical(content)
    return written if len(written) <= _SHORT else zlib.compress(written, 1)


def unpack(content: bytes) -> Body:
    """The object from its compact bytes. A stream of zlib never begins with a brace."""
    return cast("Body", json.loads(content if content.startswith(b"{") else zlib.decompress(content)))


def _keep(context: Body) -> bytes:
    content = canonical(context)
    digest = hashlib.sha256(content).digest()
    if not DecisionContext.objects.filter(digest=digest).exists():
        insert_rows(DecisionContext, ["digest", "content"], [(digest, zlib.compress(content, 6))], skip_existing=True)
    return digest
