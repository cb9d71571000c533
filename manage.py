#!/usr/bin/env python
"""Django's command line. In embedded mode it starts PostgreSQL and Redis for the command's time."""

import os
import sys

WITHOUT_SERVICES = {"check", "collectstatic", "makemessages", "compilemessages", "help", "version", "doctor"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketing.settings")
    from django.core.management import execute_from_command_line
    from environs import EnvError

    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command not in WITHOUT_SERVICES and "--help" not in sys.argv:
        from ticketing import embedded

        embedded.for_command()
    try:
        execute_from_command_line(sys.argv)
    except EnvError as error:
        sys.exit(f"A setting can't be read: {error}. Correct this environment variable, or unset it.")


if __name__ == "__main__":
    main()
