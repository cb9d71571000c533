from django.apps import AppConfig


class TicketingConfig(AppConfig):
    name = "ticketing"

    def ready(self) -> None:
        from ticketing import celery, checks  # noqa: F401  # the web server enqueues too; the checks register themselves
