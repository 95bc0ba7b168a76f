from django.apps import AppConfig


class LocationsConfig(AppConfig):
    name = "fulfilment.locations"
    label = "locations"
    verbose_name = "Locations"
    default_auto_field = "django.db.models.BigAutoField"
