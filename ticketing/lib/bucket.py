"""The S3 bucket as Django's storage, with a meter and a span on each call."""

import threading
import time
from typing import Any

from boto3.s3.transfer import TransferConfig
from storages.backends.s3 import S3Storage

from ticketing.lib import meters, traces
from ticketing.lib.running import note

_asked = threading.local()
WRITING = ("Put", "Post", "Copy", "List", "Create", "Complete", "Upload")


class MeteredS3Storage(S3Storage):
    """Counts calls where S3 bills them: PUT, COPY, POST and LIST apart from GET and the rest."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.transfer_config = TransferConfig(use_threads=False)  # our files are small, and a meter belongs to its thread

    @property
    def connection(self) -> Any:
        known = getattr(self._connections, "connection", None)
        made = super().connection
        if known is None:
            made.meta.client.meta.events.register("after-call.s3", _answered)
            made.meta.client.meta.events.register("after-call-error.s3", _unanswered)
            made.meta.client.meta.events.register("before-parameter-build.s3", _sent)
        return made


def _sent(params: Any, model: Any, **_: Any) -> None:
    _asked.began, _asked.name = time.perf_counter_ns(), model.name
    meters.add("s3_puts" if model.name.startswith(WRITING) else "s3_gets")
    body = params.get("Body")
    if body is not None and hasattr(body, "__len__"):
        meters.add("s3_bytes_up", len(body))


def _answered(http_response: Any, model: Any, **_: Any) -> None:
    status = http_response.status_code
    note("s3", model.name, _asked.began, time.perf_counter_ns(), {"http.response.status_code": status})
    if status >= 500:
        meters.add("s3_failed")
        traces.trouble()
    elif status >= 400 and not (status == 404 and model.name == "HeadObject"):  # asking whether an object exists is no error
        meters.add("s3_refused")
        traces.trouble()


def _unanswered(exception: BaseException, **_: Any) -> None:
    meters.add("s3_failed")
    traces.trouble()
    note("s3", _asked.name, _asked.began, time.perf_counter_ns(), {"error.type": type(exception).__name__})
