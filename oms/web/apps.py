from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "oms.web"
    label = "web"
    verbose_name = "Workspace"
    default_auto_field = "django.db.models.BigAutoField"
