"""References are found in text as whole names, and nothing that only looks like one is touched."""

from __future__ import annotations

import pytest

from tenants.schema_copy.repoint import Repointer


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('SELECT * FROM acme.t, "acme"."T 2", ACME . t', 'SELECT * FROM "New".t, "New"."T 2", "New" . t'),
        ("acme_orders.t myacme.t other.acme.t t.acme acme", "acme_orders.t myacme.t other.acme.t t.acme acme"),
        ("'info@acme.com' acme.unknown acme.t_2", "'info@acme.com' acme.unknown acme.t_2"),
        ("format('acme.%I') 'acme.' || x", "format('\"New\".%I') '\"New\".' || x"),
        ("$q$acme.t$q$ -- acme.t", '$q$"New".t$q$ -- "New".t'),
        ("Sold by acme. The end", "Sold by acme. The end"),
    ],
)
def test_bodies_are_repointed_by_whole_names(before: str, after: str) -> None:
    names = frozenset({"t", "T 2"})
    assert Repointer("acme", "New", '"New"', names=names, shadowed=frozenset()).body(before) == after


@pytest.mark.parametrize(
    ("before", "qualified", "after"),
    [
        ("CREATE INDEX t ON acme.t (acme.t)", 1, 'CREATE INDEX t ON "New".t (acme.t)'),
        ("acme.money + acme.t", 0, '"New".money + acme.t'),
        ("\"see acme.t\" 'see acme.t' E'\\' acme.t'", 2, '"see acme.t" \'see "New".t\' E\'\\\' "New".t\''),
    ],
)
def test_code_is_repointed_where_postgresql_writes_names_in_full(before: str, qualified: int, after: str) -> None:
    names, shadowed = frozenset({"t", "money"}), frozenset({"money"})
    assert Repointer("acme", "New", '"New"', names=names, shadowed=shadowed).code(before, qualified) == after
