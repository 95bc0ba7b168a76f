from django.apps import AppConfig


class ModulesConfig(AppConfig):
    name = "modules"
    verbose_name = "Profile and releases"
    default_auto_field = "django.db.models.BigAutoField"
