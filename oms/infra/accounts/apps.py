from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "oms.infra.accounts"
    label = "accounts"
    verbose_name = "Staff"
    default_auto_field = "django.db.models.BigAutoField"
