from django.apps import AppConfig
from django.core.checks import register


class WebappConfig(AppConfig):
    """What belongs to no single app: the checks of how all of it is set up."""

    name = "webapp"

    def ready(self) -> None:
        """Register the checks that `manage.py check` runs."""
        from webapp import checks

        register(checks.check_debugging)
        register(checks.check_serving, deploy=True)
