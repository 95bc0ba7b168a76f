"""What must hold before a process serves anybody."""

from __future__ import annotations

import gc
import logging

from django.db import Error

from modules.publishing.services import published_verify
from oms.infra.database.context import registry_context

logger = logging.getLogger(__name__)


def refuse_changed_releases() -> None:
    """Do not start with a release whose code is not what was published.

    Raises :class:`~modules.publishing.services.SealBroken`. A database that is away is the readiness probe's to
    report: it may be back in a moment.
    """
    try:
        with registry_context():
            published_verify()
    except Error as fault:
        logger.warning("published releases could not be compared: %s", fault)


def keep_what_is_loaded() -> None:
    """Leave what a process has loaded out of its garbage collections: it stays for good, and there is much of it."""
    gc.collect()
    gc.freeze()
