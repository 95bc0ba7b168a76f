"""The worker as a command."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connections

from tests.tenants.cloning.schemas import administrator

_SESSIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def test_a_worker_that_has_emptied_the_queue_leaves_no_connection_behind(fresh: None, admin_url: str) -> None:
    # when: the every-minute jobs are asked for from a thread that lives as long as the process
    call_command("work", "--until-empty")
    # then
    connections.close_all()
    with administrator(admin_url) as server:
        assert server.execute(_SESSIONS).fetchone() == (0,)
