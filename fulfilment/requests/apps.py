from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "fulfilment.requests"
    label = "requests"
    verbose_name = "Fulfilment"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the inventory, which knows nothing of requests, how busy locations are."""
        from fulfilment.inventory.selectors import day_load_is
        from fulfilment.requests.selectors import DAY_LOAD

        day_load_is(DAY_LOAD)
