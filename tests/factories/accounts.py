"""Staff."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from factory.django import DjangoModelFactory

from oms.infra.accounts.models import User
from tests.factories.declared import LazyFunction, Sequence

PASSWORD = "a password for tests"


class StaffFactory(DjangoModelFactory[User]):
    """Somebody who may sign in with :data:`PASSWORD`, and do nothing yet (see :func:`grant`)."""

    class Meta:
        model = User

    username = Sequence(lambda number: f"person{number}")
    password = LazyFunction(lambda: make_password(PASSWORD))
    is_staff = True


class ManagerFactory(StaffFactory):
    """Somebody who may do everything."""

    username = Sequence(lambda number: f"manager{number}")
    is_superuser = True


def grant(user: User, *rights: str) -> User:
    """Let somebody do something more: ``grant(user, "orders.view_order")``."""
    for right in rights:
        label, _, codename = right.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=label, codename=codename))
    return user
