from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "orders.catalogue"
    label = "catalogue"
    verbose_name = "Products"
    default_auto_field = "django.db.models.BigAutoField"
