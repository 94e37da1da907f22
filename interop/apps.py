from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "interop"

    def ready(self) -> None:
        from interop import actions

        actions.register()
