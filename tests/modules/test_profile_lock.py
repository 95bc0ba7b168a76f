"""Promises P2 to P4, attacked: whatever road a write takes, it is recorded in a revision or it does not happen."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction

from modules.models import ModuleAdoption, ProfileDocument, ProfileRevision, ProfileSnapshot
from modules.publishing.models import PublishedRelease
from modules.selectors import adoption_states_at, documents_at, head_number
from modules.services import profile_begin, revise
from modules.services.verify import profile_verify
from oms.infra.database.context import platform_context, registry_context, retailer_context
from oms.infra.database.serving.base import IdentityChange

MODULE, KIND, KEY = "order_routing", "routing_strategy", "default"


@pytest.fixture(scope="module")
def begun(fresh_module: None) -> None:
    """A profile with two revisions. Every attack leaves it as it is, so one is enough for all."""
    with retailer_context("acme"):
        profile_begin(author="setup")
        with revise(author="maria", reason="a name") as revision:
            row = ProfileDocument.objects.get(module=MODULE, kind=KIND, key=KEY)
            revision.put(MODULE, KIND, KEY, {**row.body, "name": "Ours"})


def state() -> tuple[Any, ...]:
    """Everything that an attack could change, and what its history says."""
    with retailer_context("acme"):
        head = head_number()
        rows = list(ProfileDocument.objects.order_by("id").values())
        adoptions = list(ModuleAdoption.objects.order_by("id").values())
        histories = list(ProfileDocument.history.order_by("history_id").values())
        histories += list(ModuleAdoption.history.order_by("history_id").values())
        revisions = list(ProfileRevision.objects.order_by("number").values())
        snapshots = list(ProfileSnapshot.objects.order_by("id").values())
        assert profile_verify() == []
        live = {(row["module"], row["kind"], row["key"]): row["body"] for row in rows}
        told = {(r.module, r.kind, r.key): document.body for r, document in documents_at(head).items()}
        assert live == told
        assert {row["module"]: (row["release"], row["held"]) for row in adoptions} == adoption_states_at(head)
    return head, rows, adoptions, histories, revisions, snapshots


def sql(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def document() -> ProfileDocument:
    return ProfileDocument.objects.get(module=MODULE, kind=KIND, key=KEY)


def save_dirty(fields: list[str] | None) -> None:
    row = document()
    row.body = {**row.body, "name": "Theirs"}
    row.save(update_fields=fields)


def save_with_next_revision() -> None:
    row = document()
    row.body, row.revision = {**row.body, "name": "Theirs"}, head_number() + 1
    row.save()


def save_without_history() -> None:
    row = document()
    row.body = {**row.body, "name": "Theirs"}
    row.skip_history_when_saving = True
    row.save()


def bulk_update() -> None:
    row = document()
    row.body = {"name": "Theirs"}
    ProfileDocument.objects.bulk_update([row], ["body"])


def bulk_create() -> None:
    ProfileDocument.objects.bulk_create([
        ProfileDocument(
            module=MODULE, kind=KIND, key="another", body={}, schema_release="1.0.0", digest=b"x", revision=2
        )
    ])  # fmt: skip


def copy_in() -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY modules_profiledocument (module, kind, key, body, schema_release, complement, digest, revision)"
            " FROM STDIN"
        ) as copy,
    ):
        copy.write_row((MODULE, KIND, "another", "{}", "1.0.0", "{}", b"x", 2))


REVISION = (
    "INSERT INTO modules_profilerevision (number, parent, author, reason, origin, adopted, digest)"
    " SELECT max(number) + 1, max(number), 'x', 'x', 'edit', '{}', 'x' FROM modules_profilerevision"
)
HISTORY = (
    "INSERT INTO modules_historicalprofiledocument (id, module, kind, key, body, schema_release, complement, digest,"
    " revision, history_date, history_type) SELECT id, module, kind, key, {body}, schema_release, complement, digest,"
    " {revision}, now(), '~' FROM modules_profiledocument WHERE kind = 'routing_strategy'"
)


def within_a_revision_without_history() -> None:
    with revise(author="maria", reason="x"):
        sql("UPDATE modules_profiledocument SET body = '{}'")


def within_a_revision_other_history() -> None:
    with revise(author="maria", reason="x") as revision:
        sql(
            f"UPDATE modules_profiledocument SET body = '{{}}', revision = {revision.number} WHERE kind = '{KIND}'",
            HISTORY.format(body='\'{"name": "lie"}\'::jsonb', revision=revision.number),
        )


def change_after_the_revision() -> None:
    with revise(author="maria", reason="x") as revision:
        revision.put(MODULE, KIND, KEY, {**document().body, "name": "Said"})
    sql('UPDATE modules_profiledocument SET body = \'{"name": "Done"}\'')


def switch_retailer_inside() -> None:
    with revise(author="maria", reason="x") as revision:
        revision.put(MODULE, KIND, KEY, {**document().body, "name": "Said"})
        with retailer_context("globex"):
            pass


Attack = Callable[[], object]

BY_THE_RETAILERS_OWN_CODE: dict[str, Attack] = {
    "QuerySet.update of a body": lambda: ProfileDocument.objects.update(body={}),
    "QuerySet.update of a key": lambda: ProfileDocument.objects.filter(kind=KIND).update(key="other"),
    "QuerySet.update of a complement": lambda: ProfileDocument.objects.update(complement={"a": 1}),
    "QuerySet.update of a revision": lambda: ProfileDocument.objects.update(revision=1),
    "QuerySet.update of a digest": lambda: ProfileDocument.objects.update(digest=b"z"),
    "QuerySet.update of a release": lambda: ModuleAdoption.objects.update(release="9.9.9"),
    "QuerySet.update of a hold": lambda: ModuleAdoption.objects.update(held=True),
    "QuerySet.delete": lambda: ProfileDocument.objects.all().delete(),
    "QuerySet.delete of adoptions": lambda: ModuleAdoption.objects.all().delete(),
    "QuerySet._raw_delete": lambda: ProfileDocument.objects.all()._raw_delete("default"),
    "instance.delete": lambda: document().delete(),
    "instance.save": lambda: save_dirty(None),
    "instance.save of a dirty field": lambda: save_dirty(["body"]),
    "instance.save of another field": lambda: save_dirty(["body", "complement"]),
    "instance.save into the next revision": save_with_next_revision,
    "instance.save without history": save_without_history,
    "bulk_update": bulk_update,
    "bulk_create": bulk_create,
    "COPY": copy_in,
    "revision open, no history": within_a_revision_without_history,
    "revision open, another history": within_a_revision_other_history,
    "changed after the revision was written": change_after_the_revision,
    "another retailer within a revision": switch_retailer_inside,
    "history changed by the ORM": lambda: ProfileDocument.history.update(body={}),
    "history deleted by the ORM": lambda: ProfileDocument.history.all().delete(),
    "history deleted raw": lambda: ProfileDocument.history.all()._raw_delete("default"),
    "history written by bulk_create": lambda: ProfileDocument.history.bulk_create([
        ProfileDocument.history.model(
            id=1, module="x", kind="x", key="x", body={}, schema_release="1", digest=b"", revision=2,
            history_type="~", history_date="2026-01-01T00:00:00Z",
        )
    ]),
    "revision changed": lambda: ProfileRevision.objects.update(reason="another"),
    "revision deleted": lambda: ProfileRevision.objects.all().delete(),
    "snapshot changed": lambda: ProfileSnapshot.objects.create(name="a", revision=1, author="x") and sql(
        "UPDATE modules_profilesnapshot SET revision = 2"
    ),
}  # fmt: skip

BY_SQL: dict[str, tuple[str, ...]] = {
    "UPDATE": ("UPDATE modules_profiledocument SET body = '{}'",),
    "UPDATE in a DO block": ("DO $$ BEGIN UPDATE modules_profiledocument SET body = '{}'; END $$",),
    "UPDATE by a CTE": (
        "WITH x AS (UPDATE modules_profiledocument SET body = '{}' RETURNING 1) SELECT count(*) FROM x",
    ),
    "MERGE": (
        "MERGE INTO modules_profiledocument d USING (SELECT 1) s ON true WHEN MATCHED THEN UPDATE SET body = '{}'",
    ),
    "UPDATE of the primary key": ("UPDATE modules_profiledocument SET id = id + 1000",),
    "INSERT": (
        "INSERT INTO modules_profiledocument (module, kind, key, body, schema_release, complement, digest, revision)"
        " VALUES ('m', 'k', 'k', '{}', '1', '{}', 'x', 2)",
    ),
    "INSERT … ON CONFLICT": (
        "INSERT INTO modules_profiledocument (module, kind, key, body, schema_release, complement, digest, revision)"
        " SELECT module, kind, key, '{}', schema_release, '{}', 'x', 2 FROM modules_profiledocument"
        " ON CONFLICT (module, kind, key) DO UPDATE SET body = '{}'",
    ),
    "DELETE": ("DELETE FROM modules_profiledocument",),
    "DELETE and INSERT again": (
        "CREATE TEMP TABLE kept ON COMMIT DROP AS TABLE modules_profiledocument",
        "DELETE FROM modules_profiledocument",
        "INSERT INTO modules_profiledocument OVERRIDING SYSTEM VALUE SELECT * FROM kept",
    ),
    "TRUNCATE": ("TRUNCATE modules_profiledocument",),
    "TRUNCATE of history": ("TRUNCATE modules_historicalprofiledocument",),
    "TRUNCATE of revisions": ("TRUNCATE modules_profilerevision",),
    "history alone": (HISTORY.format(body="'{}'::jsonb", revision="revision"),),
    "history in an old revision": (HISTORY.format(body="body", revision="1"),),
    "history and document, no revision": (
        "UPDATE modules_profiledocument SET body = '{}', revision = 3",
        HISTORY.format(body="body", revision="3"),
    ),
    "an empty revision and a forged history": (
        REVISION,
        HISTORY.format(body="'{\"name\": \"lie\"}'::jsonb", revision="3"),
    ),
    "a revision that skips a number": (
        "INSERT INTO modules_profilerevision (number, parent, author, reason, origin, adopted, digest)"
        " VALUES (7, 6, 'x', 'x', 'edit', '{}', 'x')",
    ),
    "a revision with the number of another": (
        "INSERT INTO modules_profilerevision (number, parent, author, reason, origin, adopted, digest)"
        " VALUES (2, 1, 'x', 'x', 'edit', '{}', 'x')",
    ),
    "a revision without an author": (
        "INSERT INTO modules_profilerevision (number, parent, author, reason, origin, adopted, digest)"
        " VALUES (3, 2, '', 'x', 'edit', '{}', 'x')",
    ),
    "UPDATE of history": ("UPDATE modules_historicalprofiledocument SET body = '{}'",),
    "DELETE of history": ("DELETE FROM modules_historicalprofiledocument",),
    "UPDATE of a revision": ("UPDATE modules_profilerevision SET digest = 'x'",),
    "DELETE of a revision": ("DELETE FROM modules_profilerevision WHERE number = 2",),
    "constraints made immediate": ("SET CONSTRAINTS ALL IMMEDIATE", "UPDATE modules_profiledocument SET body = '{}'"),
    "DISABLE TRIGGER ALL": ("ALTER TABLE modules_profiledocument DISABLE TRIGGER ALL",),
    "DISABLE TRIGGER USER": ("ALTER TABLE modules_profiledocument DISABLE TRIGGER USER",),
    "DROP TRIGGER": ("DROP TRIGGER profile_guard ON modules_profiledocument",),
    "a trigger that undoes": (
        "CREATE TRIGGER a AFTER UPDATE ON modules_profiledocument EXECUTE FUNCTION refuse_change()",
    ),
    "a rule": ("CREATE RULE r AS ON UPDATE TO modules_profiledocument DO INSTEAD NOTHING",),
    "OWNER TO": ("ALTER TABLE modules_profiledocument OWNER TO retailer_acme",),
    "ALTER TABLE … ADD COLUMN": ("ALTER TABLE modules_profiledocument ADD COLUMN x int",),
    "ALTER TABLE … RENAME": ("ALTER TABLE modules_profiledocument RENAME TO old",),
    "DROP TABLE": ("DROP TABLE modules_profiledocument",),
    "DROP the unique index of history": ("DROP INDEX modules_historicalprofiledocument_once",),
    "session_replication_role": (
        "SET LOCAL session_replication_role = replica", "UPDATE modules_profiledocument SET body = '{}'",
    ),
    "a function of the vault replaced": (
        "CREATE OR REPLACE FUNCTION oms_admin.profile_guard() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN NULL; END'",
    ),
    "a guard called by hand": ("SELECT oms_admin.vault_profile('acme')",),
    "a table of pg_temp in front": (
        "CREATE TEMP TABLE modules_profiledocument (LIKE acme.modules_profiledocument)",
        "UPDATE modules_profiledocument SET body = '{}'",
        "UPDATE acme.modules_profiledocument SET body = '{}'",
    ),
    "history of pg_temp in front": (
        "CREATE TEMP TABLE modules_historicalprofiledocument (LIKE acme.modules_historicalprofiledocument)",
        "CREATE TEMP TABLE modules_profilerevision (LIKE acme.modules_profilerevision)",
        "SET LOCAL search_path = pg_temp, acme",
        "UPDATE modules_profiledocument SET body = '{}'",
    ),
    "search path of another retailer": (
        "SET LOCAL search_path = globex", "UPDATE modules_profiledocument SET body = '{}'",
    ),
    "search path emptied": (
        "SET LOCAL search_path = ''", "UPDATE acme.modules_profiledocument SET body = '{}'",
    ),
    "another retailer's table": ("UPDATE globex.modules_profiledocument SET body = '{}'",),
    "the release catalogue changed": ("UPDATE public.publishing_publishedrelease SET digest = repeat('0', 64)",),
    "the release catalogue extended": (
        "INSERT INTO public.publishing_publishedrelease (module, version, title, notes, digest)"
        " VALUES ('m', '1.0.0', 't', 'n', repeat('0', 64))",
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", BY_THE_RETAILERS_OWN_CODE.values(), ids=BY_THE_RETAILERS_OWN_CODE.keys())
def test_no_write_by_the_retailers_own_code_goes_unrecorded(begun: None, attack: Attack) -> None:
    before = state()
    with pytest.raises((DatabaseError, IdentityChange)), retailer_context("acme"):
        attack()
    assert state() == before


@pytest.mark.parametrize("statements", BY_SQL.values(), ids=BY_SQL.keys())
def test_no_statement_of_the_retailers_role_goes_unrecorded(begun: None, statements: tuple[str, ...]) -> None:
    before = state()
    with pytest.raises(DatabaseError), retailer_context("acme"):
        sql(*statements)
    assert state() == before


BY_DEPLOYERS: dict[str, str] = {
    "INSERT": "INSERT INTO acme.modules_profiledocument (module, kind, key, body, schema_release, complement, digest,"
    " revision) VALUES ('m', 'k', 'k', '{}', '1', '{}', 'x', 3)",
    "UPDATE": "UPDATE acme.modules_profiledocument SET body = '{}'",
    "DELETE": "DELETE FROM acme.modules_profiledocument",
    "TRUNCATE": "TRUNCATE acme.modules_profiledocument",
    "TRUNCATE of everything": "TRUNCATE acme.modules_profilerevision CASCADE",
    "DROP TABLE": "DROP TABLE acme.modules_profiledocument",
    "DROP SCHEMA": "DROP SCHEMA acme CASCADE",
    "DISABLE TRIGGER": "ALTER TABLE acme.modules_profiledocument DISABLE TRIGGER ALL",
    "DROP TRIGGER": "DROP TRIGGER profile_guard ON acme.modules_profiledocument",
    "rule": "CREATE RULE r AS ON UPDATE TO acme.modules_profiledocument DO INSTEAD NOTHING",
    "owner": "ALTER TABLE acme.modules_profiledocument OWNER TO oms_owner",
    "schema owner": "ALTER SCHEMA acme OWNER TO oms_owner",
    "rename of the schema": "ALTER SCHEMA acme RENAME TO gone",
    "SET SCHEMA": "ALTER TABLE acme.modules_profiledocument SET SCHEMA public",
    "history": "INSERT INTO acme.modules_historicalprofiledocument"
    " SELECT * FROM acme.modules_historicalprofiledocument",
    "revision": "INSERT INTO acme.modules_profilerevision (number, parent, author, reason, origin, adopted, digest)"
    " VALUES (3, 2, 'x', 'x', 'edit', '{}', 'x')",
    "adoption": "UPDATE acme.modules_moduleadoption SET release = '9.9.9'",
    "copy": "COPY acme.modules_profiledocument FROM PROGRAM 'true'",
    "role of the vault": "SET ROLE oms_vault",
    "role of the retailer": "SET ROLE retailer_acme",
    "replication role": "SET session_replication_role = replica",
    "guard replaced": "CREATE OR REPLACE FUNCTION oms_admin.profile_guard() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN RETURN NULL; END'",
    "guard dropped": "DROP FUNCTION oms_admin.profile_guard() CASCADE",
    "catalogue changed": "UPDATE public.publishing_publishedrelease SET digest = repeat('0', 64)",
    "catalogue emptied": "DELETE FROM public.publishing_publishedrelease",
    "catalogue truncated": "TRUNCATE public.publishing_publishedrelease",
    "catalogue dropped": "DROP TABLE public.publishing_publishedrelease",
}


@pytest.mark.parametrize("statement", BY_DEPLOYERS.values(), ids=BY_DEPLOYERS.keys())
@pytest.mark.parametrize("role", ["oms_owner", "oms_deploy", "oms_platform", "oms_app", "oms_jobs"])
def test_no_role_of_the_platform_writes_a_profile(begun: None, admin_url: str, role: str, statement: str) -> None:
    before = state()
    with psycopg.connect(admin_url, autocommit=True) as attacker:
        if role == "oms_owner":
            attacker.execute("SET SESSION AUTHORIZATION oms_deploy")
            attacker.execute("SET ROLE oms_owner")
        elif role == "oms_platform":
            attacker.execute("SET SESSION AUTHORIZATION oms_app")
            attacker.execute("SET ROLE oms_platform")
        else:
            attacker.execute(f"SET SESSION AUTHORIZATION {role}")
        if role in ("oms_app", "oms_platform") and statement == "SET ROLE retailer_acme":
            return  # both log in as oms_app, and that is how it serves
        with pytest.raises(psycopg.Error):
            attacker.execute(statement)
    assert state() == before


@pytest.mark.parametrize("role", ["oms_deploy", "oms_app", "retailer_acme"])
def test_nobody_grants_what_is_not_theirs(begun: None, admin_url: str, role: str) -> None:
    query = "SELECT relacl::text FROM pg_class WHERE relnamespace = 'acme'::regnamespace ORDER BY relname"
    with psycopg.connect(admin_url, autocommit=True) as attacker:
        before = attacker.execute(query).fetchall()
        attacker.execute(f"SET SESSION AUTHORIZATION {role}")
        with contextlib.suppress(psycopg.Error):  # PostgreSQL refuses, or warns that nothing was granted
            attacker.execute(f"GRANT ALL ON acme.modules_profiledocument TO {role} WITH GRANT OPTION")
        attacker.execute("RESET SESSION AUTHORIZATION")
        assert attacker.execute(query).fetchall() == before


def test_a_migration_that_writes_a_profile_fails_by_name(begun: None) -> None:
    before = state()
    deploy = connections["deploy"]
    deploy.set_schema("acme")
    try:
        for write in (
            lambda: ProfileDocument.objects.using("deploy").update(body={}),
            lambda: ProfileDocument.objects.using("deploy").all()._raw_delete("deploy"),
            lambda: ModuleAdoption.objects.using("deploy").update(release="9.9.9"),
        ):
            with pytest.raises(DatabaseError, match="profile-locked: "), transaction.atomic(using="deploy"):
                write()
        assert ProfileDocument.objects.using("deploy").count() > 0
    finally:
        deploy.set_schema_to_public()
    assert state() == before


def test_the_platforms_site_and_the_registry_cannot_even_read_one(begun: None) -> None:
    for context in (platform_context, registry_context):
        with pytest.raises(DatabaseError, match="permission denied"), context():
            sql("SELECT * FROM acme.modules_profiledocument")


def test_a_change_within_a_revision_is_recorded_with_author_and_reason(begun: None) -> None:
    with retailer_context("acme"):
        head = ProfileRevision.objects.first()
        assert head is not None
        assert (head.number, head.parent, head.author, head.reason) == (2, 1, "maria", "a name")
        row = document()
        newest = row.history.first()
        assert (newest.revision, newest.body) == (2, row.body)
        assert row.body["name"] == "Ours"


def test_published_releases_are_read_by_retailers_and_changed_by_nobody(begun: None) -> None:
    with retailer_context("acme"):
        assert PublishedRelease.objects.filter(module=MODULE).exists()
