"""Staff and their groups, in both back offices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin import display
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from oms.infra.accounts.models import User
from oms.infra.backoffice.bases import UserAdmin
from oms.infra.backoffice.display import Tone, badge, moment
from oms.infra.backoffice.lists import BackOfficeAdmin, MasterDataAdmin
from oms.infra.backoffice.site import retailer_site

if TYPE_CHECKING:
    from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
    from django.forms import CheckboxSelectMultiple
else:
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
    from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as CheckboxSelectMultiple

#: What says how much a person may do. Only somebody who may do everything hands it out.
_RIGHTS = ("is_staff", "is_superuser", "groups")


class StaffAdmin(UserAdmin[User], MasterDataAdmin[User]):
    """People who sign in. Nobody is deleted, since events name them: they are made inactive."""

    form: Any = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "name", "email", "in_groups", "state", "signed_in")
    list_filter = ()
    ordering = ("username",)
    sortable_by = ()
    search_help_text = "Name or e-mail"
    fieldsets = (
        (None, {"fields": ("username", "password", ("first_name", "last_name"), "email", "is_active")}),
        ("Rights", {"fields": _RIGHTS}),
    )
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With the groups that the list shows."""
        return super().get_queryset(request).prefetch_related("groups")

    @display(description="Name")
    def name(self, user: User) -> str:
        """First and last."""
        return user.get_full_name() or "–"

    @display(description="Groups")
    def in_groups(self, user: User) -> str:
        """What they may do, by group."""
        if user.is_superuser:
            return "everything"
        return ", ".join(group.name for group in user.groups.all()) or "–"

    @display(description="State")
    def state(self, user: User) -> SafeString:
        """Whether they may sign in here."""
        if user.is_active and user.is_staff:
            return badge("Active: may sign in", Tone.DONE)
        return badge("Inactive: may not sign in", Tone.NEUTRAL)

    @display(description="Last signed in")
    def signed_in(self, user: User) -> str:
        """When, in the retailer's zone."""
        return moment(user.last_login) or "never"

    def find(self, rows: QuerySet[User], term: str) -> QuerySet[User]:
        """By a part of any name: there are never many."""
        return rows.filter(
            Q(username__icontains=term) | Q(first_name__icontains=term) | Q(last_name__icontains=term)
            | Q(email__iexact=term)
        )  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An account that may do everything is changed only by another such."""
        above = isinstance(obj, User) and obj.is_superuser and not _may_do_everything(request)
        return not above and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Rights, for those who may not hand them out."""
        return () if _may_do_everything(request) else _RIGHTS

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Groups to tick: there are never many."""
        if db_field.name == "groups":
            kwargs["widget"] = CheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class StaffGroupAdmin(DjangoGroupAdmin, BackOfficeAdmin[Group]):
    """Groups of staff. What a group may do is decided by those who may do everything."""

    list_display = ("name",)
    ordering = ("name",)
    search_help_text = ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Those who may do everything."""
        return _may_do_everything(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Those who may do everything."""
        return _may_do_everything(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Those who may do everything."""
        return _may_do_everything(request)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        """Rights of what this site shows."""
        kwargs["queryset"] = _rights_on(self.admin_site._registry)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


def _may_do_everything(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


def _rights_on(models: dict[type[Model], Any]) -> QuerySet[Permission]:
    named = Q()
    for model in models:
        named |= Q(content_type__app_label=model._meta.app_label, content_type__model=model._meta.model_name)
    return Permission.objects.filter(named).select_related("content_type")


retailer_site.register(User, StaffAdmin)
retailer_site.register(Group, StaffGroupAdmin)
