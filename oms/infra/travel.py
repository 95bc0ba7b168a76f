"""How events, and the tables of Django itself, travel into a staging clone."""

from collections.abc import Mapping

from oms.kernel.travel import ALL, NONE, About, Rule

TRAVEL: Mapping[str, Rule] = {
    "infra_event": About("subject", kind="subject_kind"),
    # A clone reacts to nothing that happened in production, and answers no caller of production's.
    "infra_pendingreaction": NONE,
    "infra_idempotentanswer": NONE,
    "infra_outboundrefusal": NONE,
    "infra_outbounddeparture": NONE,
    # A clone begins its own schedule.
    "infra_scheduledjob": NONE,
    "auth_group": ALL,
    "auth_group_permissions": ALL,
    "auth_permission": ALL,
    "django_content_type": ALL,
    "django_migrations": ALL,
    "django_admin_log": NONE,
    "django_session": NONE,
}
