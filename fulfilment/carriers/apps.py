from django.apps import AppConfig


class CarriersConfig(AppConfig):
    name = "fulfilment.carriers"
    label = "carriers"
    verbose_name = "Carriers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell routing, which knows no carriers, when parcels arrive."""
        from fulfilment.carriers.arrivals import journeys_end
        from fulfilment.requests.extensions import ARRIVALS

        ARRIVALS[:] = [journeys_end]
