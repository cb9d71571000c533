"""The web server's entry."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from ticketing.lib import meters
from ticketing.metering import Watchman

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketing.settings")
application = get_wsgi_application()
meters.start(role="web", at_once=settings.WEB_THREADS, beside=Watchman().look)

# What is loaded stays: the collector need not look at it again, nor look as often as its defaults do.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
