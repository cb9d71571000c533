"""Memory at rest and time to ready."""

import time

from bench import meter
from bench.stage import Stage


def measure(stage: Stage) -> dict[str, tuple[float, str, str]]:
    with stage.serve():
        ready = stage.ready_seconds
        time.sleep(8)  # the worker's own start, and the first sweeps
        parts = {
            "web": [stage.web.pid],
            "worker": [stage.worker.pid],
            "database": [stage.servers.postgres.pid],
            "Redis": [stage.servers.redis.pid],
        }
        shares = {f"memory at rest, {name}": (meter.memory_mb(roots), "MB PSS", "") for name, roots in parts.items()}
        return {
            "web server ready": (ready, "s", "<= 5"),
            "memory at rest, all": (meter.memory_mb(stage.roots()), "MB PSS", "<= 400"),
        } | shares
