"""The plan's mix from ten thousand to ten million events a month: serverless, always on, and where the lines bend."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

from operations.costs import plan
from operations.costs.lines import ALWAYS, plain
from operations.costs.price_book import PriceBook, price_book

SMALLEST, LARGEST = 1_000, 10_000_000
# CPU of our own code for one call, in seconds, as `make bench` measures it (docs/performance.md), and what a registration's
# PDF and mail cost afterwards.
CPU_SECONDS = {
    "create_event": Decimal("0.040"),
    "list_events": Decimal("0.0005"),
    "event_stats": Decimal("0.015"),
    "register": Decimal("0.060"),
    "pay": Decimal("0.015"),
    "scan": Decimal("0.004"),
}
PEAK = Decimal(10)  # the busiest hour against the mean: sales open at one moment
FILLED = Decimal("0.6")  # a machine is not planned to be busier than that


@dataclass(frozen=True, kw_only=True)
class Bend:
    """From `events` a month on, another price counts."""

    events: int
    what: str


def bends(*, book: PriceBook) -> list[Bend]:
    """Where a free quantity ends or a cheaper step begins, in events a month."""
    totals: dict[str, Decimal] = {}
    for usage in plan.plan_workload().usages:
        totals[usage.price_key] = totals.get(usage.price_key, Decimal(0)) + usage.quantity
    found = []
    for key, quantity in totals.items():
        price = book.prices[key]
        free = price.free_of(terms=ALWAYS)
        if free:
            found.append(Bend(events=_events(free, quantity), what=f"{price.service}: {plain(free)} free {price.unit}s are used up"))
        for step, following in pairwise(price.steps):
            assert step.up_to is not None
            what = f"{price.service}: {price.unit} falls from {plain(step.price)} to {plain(following.price)}"
            found.append(Bend(events=_events(step.up_to, quantity), what=what))
    return sorted((bend for bend in found if SMALLEST <= bend.events <= LARGEST), key=lambda bend: bend.events)


def _events(limit: Decimal, quantity: Decimal) -> int:
    return int((plan.EVENTS * limit / quantity).quantize(Decimal(1), ROUND_CEILING))


def machines_needed(*, events: int) -> int:
    """Machines that are always on and can carry the busiest hour; two, so that one may fail, from a hundred thousand events on."""
    cpu = sum((function.calls * CPU_SECONDS[function.name] for function in plan.FUNCTIONS), Decimal(0)) * events / plan.EVENTS
    book = price_book(key="machines")
    in_an_hour = Decimal(book.cores_of_a_machine) * 3600 * FILLED
    needed = int((cpu / book.hours_in_month * PEAK / in_an_hour).quantize(Decimal(1), ROUND_CEILING))
    return max(needed, 2 if events >= 100_000 else 1)


def always_on(*, events: int, pdf_kb: Decimal = Decimal(1024)) -> Decimal:
    """Dollars a month on plain machines: hours, disks for tickets and rows, transfer beyond what is included, mail not counted
    as the plan does not either."""
    book, machines = price_book(key="machines"), machines_needed(events=events)
    scale = Decimal(events) / plan.EVENTS
    tickets_gb = 100 * scale * pdf_kb / 1024  # the plan's 100 GB for tickets of 1 MB
    hours = book.prices["machine.hours"].cost(quantity=machines * book.hours_in_month)
    disk = _beyond(book, "machine.storage", tickets_gb + 10 * scale, machines)
    return hours + disk + _beyond(book, "machine.transfer", tickets_gb, machines)


def _beyond(book: PriceBook, key: str, quantity: Decimal, machines: int) -> Decimal:
    price = book.prices[key]
    return price.cost(quantity=max(Decimal(0), quantity - price.free_quantity * machines))


def written_at(*, events: int) -> Decimal:
    """What the plan expects between its four sizes: straight from one to the next, in proportion below the first."""
    points = [(each[1], each[2]) for each in plan.TIERS]
    if events <= points[0][0]:
        return Decimal(points[0][1]) * events / points[0][0]
    for (left, low), (right, high) in pairwise(points):
        if events <= right:
            return low + Decimal(high - low) * (events - left) / (right - left)
    return Decimal(points[-1][1])


def steps_between(*, count: int = 48) -> list[int]:
    """Event numbers from smallest to largest, evenly by factor, for a chart."""
    ratio = (LARGEST / SMALLEST) ** (1 / (count - 1))
    return [round(SMALLEST * ratio**number) for number in range(count)]
