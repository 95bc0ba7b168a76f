from oms.importing.services.file_import import ImportProgress, ImportReport, orders_file_import

__all__ = ["ImportProgress", "ImportReport", "orders_file_import"]
