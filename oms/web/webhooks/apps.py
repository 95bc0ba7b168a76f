from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "oms.web.webhooks"
    label = "webhooks"
    verbose_name = "Webhooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The description of the API tells of every public event."""
        from oms.web.api.openapi.webhooks import WEBHOOKS, Webhook
        from oms.web.webhooks.catalogue import CATALOGUE

        WEBHOOKS.update(
            (event.name, Webhook(event.title, event.description, event.schema, event.sample))
            for event in CATALOGUE.values()
        )
