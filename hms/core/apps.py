from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "hms.core"
    label = "core"
    verbose_name = "Network and access"

    def ready(self) -> None:
        from hms.core import (
            faults,
            receivers,  # noqa: F401  (connects sign-in auditing)
        )

        faults.register()
