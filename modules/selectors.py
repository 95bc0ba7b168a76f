"""Reads of the profile and its history."""

from __future__ import annotations

import json

from django.db import connection

from modules.domain.documents import Document, Reference


def head_number() -> int:
    """Number of the newest revision; 0 before the profile began."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM modules_profilerevision ORDER BY number DESC LIMIT 1")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def digest_at(number: int) -> bytes:
    """Digest of a revision; nothing where there is no such revision."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT digest FROM modules_profilerevision WHERE number = %s", [number])
        row = cursor.fetchone()
    return bytes(row[0]) if row else b""


def last_revision_with(module: str, release: str) -> int | None:
    """Number of the newest revision at which a release of a module was live; None where it never was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(number) FROM modules_profilerevision WHERE adopted ->> %s = %s", [module, release])
        row = cursor.fetchone()
    return row[0] if row else None


def documents_at(number: int) -> dict[Reference, Document]:
    """Every document as it was at a revision: its newest history row up to then that is not a deletion."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT module, kind, key, body::text, complement::text FROM ("
            " SELECT DISTINCT ON (id) * FROM modules_historicalprofiledocument"
            " WHERE revision <= %s ORDER BY id, revision DESC) h"
            " WHERE history_type <> '-' ORDER BY module, kind, key",
            [number],
        )
        return {Reference(*row[:3]): Document(json.loads(row[3]), json.loads(row[4])) for row in cursor.fetchall()}


def adoptions_at(number: int) -> dict[str, str]:
    """Live release of each module at a revision."""
    return {module: release for module, (release, _) in adoption_states_at(number).items()}


def adoption_states_at(number: int) -> dict[str, tuple[str, bool]]:
    """(live release, held) of each module at a revision."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT module, release, held FROM (SELECT DISTINCT ON (id) * FROM modules_historicalmoduleadoption"
            " WHERE revision <= %s ORDER BY id, revision DESC) h WHERE history_type <> '-' ORDER BY module",
            [number],
        )
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
