from oms.web.workspace.services.bulk_settle import (
    ROWS_AT_MOST,
    BulkRefused,
    TooManyRows,
    bulk_confirm,
    bulk_draft,
    bulk_drop,
    bulk_stop,
    bulk_undo_draft,
)
from oms.web.workspace.services.bulk_work import bulk_step, bulk_work
from oms.web.workspace.services.saved_views import (
    ViewRefused,
    view_delete,
    view_save,
    view_set_default,
    view_update,
)

__all__ = [
    "ROWS_AT_MOST",
    "BulkRefused",
    "TooManyRows",
    "ViewRefused",
    "bulk_confirm",
    "bulk_draft",
    "bulk_drop",
    "bulk_step",
    "bulk_stop",
    "bulk_undo_draft",
    "bulk_work",
    "view_delete",
    "view_save",
    "view_set_default",
    "view_update",
]
