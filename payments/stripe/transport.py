"""The SDK's way to the network: connections that are kept, for all threads of a process.

The SDK brings ways of its own, by whole HTTP clients: beside the call itself they build a session, merge cookies and
settings and look up proxies each time."""

from collections.abc import Mapping
from typing import Any, NoReturn

import stripe
import urllib3

MOST_KEPT = 32  # more at once are opened, and closed again


class KeptConnections(stripe.HTTPClient):
    """`proxy`: its address, or "" for none."""

    name = "urllib3"

    def __init__(self, *, connect_seconds: float, read_seconds: float, proxy: str) -> None:
        super().__init__()
        options: Any = {
            "maxsize": MOST_KEPT,
            "timeout": urllib3.Timeout(connect=connect_seconds, read=read_seconds),
            "retries": False,  # the SDK repeats by itself, with the same key
            "cert_reqs": "CERT_REQUIRED",
            "ca_certs": stripe.ca_bundle_path,
        }
        self.pool = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)

    def request(  # type: ignore[override]  # the SDK's has one more, for streams
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            answer = self.pool.urlopen(method.upper(), url, body=post_data, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            _not_answered(error)
        return answer.data, answer.status, answer.headers

    def close(self) -> None:
        self.pool.clear()


def _not_answered(error: urllib3.exceptions.HTTPError) -> NoReturn:
    """Time-outs and broken connections are worth another try; a certificate that is not Stripe's is not."""
    worth_it = not isinstance(error, urllib3.exceptions.SSLError)
    raise stripe.APIConnectionError(f"{type(error).__name__}: {error}", should_retry=worth_it) from error
