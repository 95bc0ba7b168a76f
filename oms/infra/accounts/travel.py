"""Staff sign in to a staging clone as they do in production."""

from collections.abc import Mapping

from oms.kernel.travel import ALL, Rule

TRAVEL: Mapping[str, Rule] = {
    "accounts_user": ALL,
    "accounts_user_groups": ALL,
    "accounts_user_user_permissions": ALL,
}
