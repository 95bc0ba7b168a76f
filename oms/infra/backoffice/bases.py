"""Classes that the back offices extend, with the types that unfold does not ship and Django lacks at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite, ModelAdmin, TabularInline
    from django.contrib.admin.views.main import ChangeList
    from django.contrib.auth.admin import UserAdmin
    from django.forms import ModelForm
else:
    from django.contrib.auth.admin import UserAdmin as _UserAdmin
    from django.forms import ModelForm as _ModelForm
    from unfold.admin import ModelAdmin as _ModelAdmin
    from unfold.admin import TabularInline as _TabularInline
    from unfold.sites import UnfoldAdminSite as AdminSite
    from unfold.views import ChangeList

    class ModelAdmin(_ModelAdmin):
        """Takes its model in brackets, as the type checker wants it."""

        def __class_getitem__(cls, model: object) -> type[ModelAdmin]:
            return cls

    class TabularInline(_TabularInline):
        """Takes its models in brackets, as the type checker wants it."""

        def __class_getitem__(cls, models: object) -> type[TabularInline]:
            return cls

    class UserAdmin(_UserAdmin):
        """Takes its model in brackets, as the type checker wants it."""

        def __class_getitem__(cls, model: object) -> type[UserAdmin]:
            return cls

    class ModelForm(_ModelForm):
        """Takes its model in brackets, as the type checker wants it."""

        def __class_getitem__(cls, model: object) -> type[ModelForm]:
            return cls


__all__ = ["AdminSite", "ChangeList", "ModelAdmin", "ModelForm", "TabularInline", "UserAdmin"]
