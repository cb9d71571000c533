from django.apps import AppConfig


class ScanningConfig(AppConfig):
    name = "scanning"

    def ready(self) -> None:
        from registrations import attendance as asked
        from scanning import attendance

        asked.told_by(attendance.of_order, attendance.entered)
