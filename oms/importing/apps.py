from django.apps import AppConfig


class ImportingConfig(AppConfig):
    name = "oms.importing"
    label = "importing"
    verbose_name = "File import"
    default_auto_field = "django.db.models.BigAutoField"
