"""Anonymous pages, from the cache and rendered."""

from bench import meter, world
from bench.client import Client
from bench.stage import PORT, Stage, wait_until_idle


def measure(stage: Stage) -> dict[str, tuple[float, str, str]]:
    for number in range(20):
        world.free_type(world.an_event(f"listed-{number}"), capacity=100)
    figures = {}
    for label, environment, repeats, target in (
        ("cached", {"PAGE_CACHE": "1"}, 3000, "<= 1.0"),
        ("rendered", {"PAGE_CACHE": "0"}, 300, "<= 8"),
    ):
        with stage.serve(worker=False, **environment):
            for name, path in (("event page", "/events/listed-1/"), ("event list", "/events/")):
                spent = _repeat(stage, path, repeats)
                figures[f"{name}, {label}"] = (spent.cpu / repeats * 1000, "ms CPU", target)
                figures[f"{name}, {label}, one client"] = (repeats / spent.seconds, "pages/s", "")
    return figures


def _repeat(stage: Stage, path: str, repeats: int) -> meter.Spent:
    client = Client(PORT)
    for _ in range(30):
        assert client.get(path).status == 200, path
    wait_until_idle(stage, seconds=3)
    with meter.Watch(stage.roots()) as spent:
        for _ in range(repeats):
            client.get(path)
    return spent
