from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class HouseConfig(AppConfig):
    """The composition root: commands that need every department (demo, verify)."""

    name = "hms"
    label = "house"
    verbose_name = "House"


class AdministrationConfig(AdminConfig):
    default_site = "hms.core.administration.Administration"
