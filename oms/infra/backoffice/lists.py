"""Bases of the back office's screens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import label_for_field, unquote
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from oms.infra.backoffice.bases import ChangeList, ModelAdmin
from oms.infra.backoffice.bulk import BulkAction, Workspace
from oms.infra.backoffice.export import export_of
from oms.infra.backoffice.filters import Chips
from oms.infra.backoffice.paginator import CappedPaginator

M = TypeVar("M", bound=Model)

#: In a list's address: a column that it shows, as often as it has columns; and its saved view.
COLUMN_VAR = "col"
VIEW_VAR = "view"


@dataclass(frozen=True, slots=True)
class Chip:
    """A link above a list that filters it."""

    word: str
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a list can show."""

    name: str
    word: str
    shown: bool
    #: The first leads to the row, so it stays.
    fixed: bool


class List(ChangeList):
    """A list with chips, whose heading repeats no count (that stands beside its pages)."""

    def get_filters_params(self, params: Any = None) -> Any:
        """What filters rows: neither the columns nor the name of the view does."""
        given = super().get_filters_params(params)
        return {name: value for name, value in given.items() if name not in (COLUMN_VAR, VIEW_VAR)}

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
        self.asked = request
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
    def narrowed(self) -> bool:
        """Whether a filter keeps rows back, so that there may be others."""
        chips = self.chips
        return bool(self.has_active_filters or (chips and not chips[0].chosen))

    @property
    def columns(self) -> list[Column]:
        """Every column that it can show, in their order."""
        admin = cast("BackOfficeAdmin[Any]", self.model_admin)
        offered = admin.columns_offered()
        shown = [name for name in self.list_display if name != "action_checkbox"]
        return [
            Column(name, _capitalised(label_for_field(name, self.model, admin)), name in shown, place == 0)
            for place, name in enumerate(offered)
        ]

    @property
    def as_asked(self) -> list[tuple[str, str]]:
        """What the address says beside columns, sorting and page: the sorting counts columns, so it goes with them."""
        return self._said_beside({COLUMN_VAR, PAGE_VAR, ORDER_VAR})

    @property
    def beside_filters(self) -> list[tuple[str, str]]:
        """What the address says beside the filters and the page: search, sorting, columns, view."""
        filters = {str(name) for spec in self.filter_specs for name in spec.expected_parameters()}
        return self._said_beside({PAGE_VAR, *filters})

    def _said_beside(self, passed_over: set[str]) -> list[tuple[str, str]]:
        given = self.filter_params.items()
        return [(name, value) for name, values in given if name not in passed_over for value in values]

    @property
    def views(self) -> object:
        """Its saved views; None where none can be kept."""
        workspace = cast("BackOfficeAdmin[Any]", self.model_admin).workspace
        return workspace.views(self.asked, self.model._meta.label_lower) if workspace else None

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
    #: Columns that are shown only to who asks for them.
    list_more: tuple[str, ...] = ()
    #: Where the rows of an empty list come from: a sentence.
    list_empty: str = ""
    #: What can be done to many rows at once, beside their export.
    bulk_actions: tuple[BulkAction, ...] = ()

    @property
    def workspace(self) -> Workspace | None:
        """What keeps views and runs bulk actions for this site, if anything does."""
        return getattr(self.admin_site, "workspace", None)

    def columns_offered(self) -> list[str]:
        """Names of all columns, those of :attr:`list_display` first."""
        return [*(str(name) for name in self.list_display), *self.list_more]

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns that the address names, in their own order; those of the list where it names none."""
        asked = set(request.GET.getlist(COLUMN_VAR))
        if not asked.intersection(self.columns_offered()):
            return super().get_list_display(request)
        first, *others = self.columns_offered()
        return [first, *(name for name in others if name in asked)]

    def offered_actions(self) -> tuple[BulkAction, ...]:
        """Every action of the list."""
        return (*self.bulk_actions, export_of(self))

    def get_actions(self, request: HttpRequest) -> Any:
        """What this person may do to many rows. It is asked on a page of its own before anything happens."""
        if self.workspace is None:
            return {}
        allowed = [action for action in self.offered_actions() if self.may_begin(request, action)]
        return {action.name: (self._beginning(action), action.name, action.word) for action in allowed}

    def may_begin(self, request: HttpRequest, action: BulkAction) -> bool:
        """Whether this person may do it; whoever sees a list may take it away as a file."""
        return self.has_view_permission(request) if action.is_export else request.user.has_perm(action.right)

    def _beginning(self, action: BulkAction) -> Callable[[Any, HttpRequest, QuerySet[M]], HttpResponse]:
        def begin(admin: BackOfficeAdmin[M], request: HttpRequest, rows: QuerySet[M]) -> HttpResponse:
            assert admin.workspace is not None
            shown = [str(name) for name in admin.get_list_display(request)]
            label = admin.model._meta.label_lower
            return admin.workspace.begin(request, label=label, action=action, rows=rows, columns=shown)

        return begin

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Lists of this kind."""
        return List

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, under its own name instead of “Select … to view”."""
        if self.workspace and not request.GET and request.method == "GET":
            led = self.workspace.opened(request, self.model._meta.label_lower)
            if led:
                return led
        title = _capitalised(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

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


def _capitalised(words: object) -> str:
    text = str(words)
    return text[:1].upper() + text[1:]


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
