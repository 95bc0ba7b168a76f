"""Make the demonstration retailers, once; running it again changes nothing."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from modules.services import profile_begin
from oms.infra.accounts.models import User
from oms.infra.database.context import platform_context, registry_context, retailer_context
from oms.web.demo.content import DEMO_RETAILERS, DemoRetailer
from oms.web.demo.records import records_generate
from oms.web.demo.sign_ins import SignIns
from oms.web.models import ApiKey
from oms.web.services.api_keys import api_key_issue
from orders.models import Channel
from tenants.models import Retailer
from tenants.provisioning import retailer_provision, template_provision

#: Staff of each demonstration retailer: sign-in name, group, and what its members may do (None: everything).
_STAFF: tuple[tuple[str, str, tuple[str, ...] | None], ...] = (
    ("manager", "Operations", None),
    ("agent", "Customer service", ("view",)),
    ("associate", "Store staff", ("view", "change_fulfilmentrequest")),
)


def demo_provision(sign_ins: SignIns) -> None:
    """Make what is missing: retailers, their data, staff and keys, the platform's administrator."""
    with registry_context():
        existing = set(Retailer.objects.values_list("schema_name", flat=True))
    missing = [retailer for retailer in DEMO_RETAILERS if retailer.schema not in existing]
    if missing:
        template_provision()
    for retailer in missing:
        retailer_provision(
            schema=retailer.schema, name=retailer.name, domain=retailer.domain, time_zone=retailer.time_zone
        )
    for retailer in DEMO_RETAILERS:
        _fill(retailer, sign_ins)
    with platform_context():
        _account("platform", sign_ins.password("platform", "platform"), superuser=True)


def _fill(retailer: DemoRetailer, sign_ins: SignIns) -> None:
    with retailer_context(retailer.schema), transaction.atomic():
        profile_begin(author="platform", adopt=dict(retailer.adopt))
        if not Channel.objects.exists():
            records_generate(retailer)
        for name, group, rights in _STAFF:
            user = _account(name, sign_ins.password(retailer.schema, name), superuser=rights is None)
            user.groups.add(_group(group, rights))
        if not sign_ins.api_key(retailer.schema) or not ApiKey.objects.exists():
            sign_ins.keep_api_key(retailer.schema, api_key_issue(name="Web shop")[1])


def _group(name: str, rights: tuple[str, ...] | None) -> Group:
    group, created = Group.objects.get_or_create(name=name)
    if created and rights is not None:
        permissions = [
            permission
            for permission in Permission.objects.exclude(content_type__app_label__in=("auth", "admin"))
            if permission.codename.startswith(tuple(f"{right}_" for right in rights if "_" not in right))
            or permission.codename in rights
        ]
        group.permissions.set(permissions)
    return group


def _account(name: str, password: str, *, superuser: bool) -> User:
    user, created = User.objects.get_or_create(username=name, defaults={"is_staff": True, "is_superuser": superuser})
    if created or not user.check_password(password):
        user.set_password(password)
        user.save()
    return user
