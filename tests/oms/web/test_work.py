"""The worker as a command."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.db import connections


def open_in_the_lasting_thread() -> list[str]:
    """Which connections are open in the thread that lives as long as the process: the queue asks from there."""

    def look() -> list[str]:
        return [each.alias for each in connections.all(initialized_only=True) if each.connection is not None]

    return asyncio.run(sync_to_async(look)())


def test_a_worker_that_has_emptied_the_queue_leaves_no_connection_behind(fresh: None) -> None:
    # when: it asks for the jobs of every minute
    call_command("work", "--until-empty")
    # then
    assert open_in_the_lasting_thread() == []
