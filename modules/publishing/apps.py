from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "modules.publishing"
    label = "publishing"
    verbose_name = "Release catalogue"
    default_auto_field = "django.db.models.BigAutoField"
