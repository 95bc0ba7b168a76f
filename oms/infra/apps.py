from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class InfraConfig(AppConfig):
    name = "oms.infra"
    label = "infra"
    verbose_name = "Events and jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from oms.infra.database import content_types

        content_types.install()
        autodiscover_modules("handlers")
        autodiscover_modules("replay", "inflight", "irreversible", "references")
