from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "fulfilment.requests"
    label = "requests"
    verbose_name = "Fulfilment"
    default_auto_field = "django.db.models.BigAutoField"
