"""Bases of the back office's screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from oms.infra.backoffice.bases import ChangeList, ModelAdmin
from oms.infra.backoffice.filters import Chips
from oms.infra.backoffice.paginator import CappedPaginator

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Chip:
    """A link above a list that filters it."""

    word: str
    address: str
    chosen: bool


class List(ChangeList):
    """A list with chips, whose heading repeats no count (that stands beside its pages)."""

    def get_filters(self, request: HttpRequest) -> Any:
        """As Django does it, but chips alone make no panel of filters."""
        specs, _, parameters, repeated, _ = super().get_filters(request)
        panel = [spec for spec in specs if not isinstance(spec, Chips)]
        active = any(value for spec in panel for value in spec.used_parameters.values())
        return specs, bool(panel), parameters, repeated, active

    def get_ordering_field(self, field_name: Any) -> Any:
        """Only what the list offers to sort by has an index; Django would take any column from the address."""
        if self.sortable_by is not None and field_name not in self.sortable_by:
            return None
        return super().get_ordering_field(field_name)

    def get_results(self, request: HttpRequest) -> None:
        """As Django does it, without a count of the whole table."""
        super().get_results(request)
        self.full_result_count = self.result_count

    @property
    def chips(self) -> list[Chip]:
        """The links of the list's chip filter, if it has one."""
        found = next((spec for spec in self.filter_specs if isinstance(spec, Chips)), None)
        if found is None:
            return []
        name = str(found.parameter_name)
        everything = Chip("All", self.get_query_string(remove=[name, PAGE_VAR]), found.value() is None)
        return [
            everything,
            *(
                Chip(word, self.get_query_string({name: value}, [PAGE_VAR]), found.value() == value)
                for value, word in found.offered
            ),
        ]

    @property
    def previous_page(self) -> str:
        """Address of the page before this one."""
        return self.get_query_string({PAGE_VAR: self.page_num - 1})

    @property
    def next_page(self) -> str:
        """Address of the page after this one."""
        return self.get_query_string({PAGE_VAR: self.page_num + 1})


class BackOfficeAdmin(ModelAdmin[M]):
    """Lists in pages of 50 that never count a whole table, searched by exact terms alone.

    A list is searched when ``search_help_text`` says for what; :meth:`find` looks it up by indexes.
    """

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    list_filter_submit = True
    empty_value_display = "–"
    list_before_template = "infra/chips.html"
    compressed_fields = True
    warn_unsaved_form = True
    actions: Any = ()
    #: Names of foreign keys by which other screens link to this list: ``?level=7``.
    linked_by: tuple[str, ...] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Lists of this kind."""
        return List

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, under its own name instead of “Select … to view”."""
        name = str(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": name[:1].upper() + name[1:], **(extra_context or {})})

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Not looked at by :meth:`get_search_results`; without any, no search field is shown."""
        return ["pk"] if self.search_help_text else []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """Rows that the whole term names exactly."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = self.find(queryset, term)
        related = self.list_select_related
        return found.select_related(*related) if related and isinstance(related, tuple) else found, False

    def find(self, rows: QuerySet[M], term: str) -> QuerySet[M]:
        """The rows that a search term names, by index lookups."""
        return rows.none()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """What the list's filters and the links to it use; anything else could scan the table."""
        allowed = set(self.linked_by)
        for item in self.list_filter:
            if isinstance(item, tuple):
                allowed |= {f"{item[0]}{ending}" for ending in ("__id__exact", "_from", "_to")}
            else:
                allowed.add(str(getattr(item, "parameter_name", item)))
        return lookup in allowed

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        # Django leads to the home page with a warning. What is not there, or is another retailer's, is
        # 404 here as everywhere else.
        message = f"There is no {opts.verbose_name} with this number."
        raise Http404(message)


class MasterDataAdmin(BackOfficeAdmin[M]):
    """What a retailer keeps up by hand. Nothing is deleted: orders refer to it for ever."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody's."""
        return False


class ReadOnlyAdmin(MasterDataAdmin[M]):
    """What services alone write. It is looked at here; buttons call the services."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody's."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody's, by hand."""
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The fields, without a history of changes by hand: there are none."""
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), "show_history": False})

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who may view or act on it."""
        label, name = self.opts.app_label, self.opts.model_name
        return any(request.user.has_perm(f"{label}.{verb}_{name}") for verb in ("view", "change"))


class PageAdmin(ReadOnlyAdmin[M]):
    """Rows with a page of their own in place of a form, and buttons that call services.

    A view behind a button takes its row with :meth:`row_to_act_on`, which checks the right to act.
    """

    page_template: str
    #: What the page reads together with its row.
    page_related: tuple[str, ...] = ()

    def page_context(self, request: HttpRequest, row: M) -> dict[str, Any]:
        """What the page shows beside its row."""
        raise NotImplementedError

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self._row(request, unquote(object_id))
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": str(row),
            "may_act": self.may_act(request),
            **self.page_context(request, row),
        }
        return TemplateResponse(request, self.page_template, context)

    def may_act(self, request: HttpRequest) -> bool:
        """Whether this person may press the page's buttons."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def row_to_act_on(self, request: HttpRequest, object_id: str) -> M:
        """The row, for somebody who may act on it. Raises ``PermissionDenied``, ``Http404``."""
        if not self.may_act(request):
            raise PermissionDenied
        return self._row(request, object_id)

    def _row(self, request: HttpRequest, key: str) -> M:
        rows = self.get_queryset(request).select_related(*self.page_related)
        try:
            return rows.get(pk=key)
        except (ObjectDoesNotExist, ValidationError, ValueError, OverflowError) as missing:
            message = f"There is no {self.opts.verbose_name} with this number."
            raise Http404(message) from missing


def acting(request: HttpRequest) -> str:
    """Who acts, as events name them: ``user anna``."""
    return f"user {request.user.get_username()}"
