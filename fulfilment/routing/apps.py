from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "fulfilment.routing"
    label = "routing"
    verbose_name = "Order Routing"
    default_auto_field = "django.db.models.BigAutoField"
