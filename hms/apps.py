from django.apps import AppConfig


class HouseConfig(AppConfig):
    """The composition root: commands that need every department (demo, verify)."""

    name = "hms"
    label = "house"
    verbose_name = "House"
