"""The plan of January 2026 as it was written, each line beside what its own usage costs at list price."""

from dataclasses import dataclass
from decimal import Decimal

from operations.costs.lines import ALWAYS, CostLine, price_lines, total
from operations.costs.price_book import PriceBook, fee_schedules
from operations.costs.workload import Usage, Workload, function_usages

PLAN_RATE = Decimal("0.000168")  # per call and second, whatever the memory: what the plan's Lambda lines were made with
INR_PER_USD = Decimal("83.35")  # the plan's own rate
EVENTS, REGISTRATIONS, TICKET_PRICE_INR = 10_000, 100_000, Decimal(500)
CALLS = 610_000

LAMBDA_WRONG = "Memory is ignored, the rate is about ten times that of 1 GB, and request fees are left out."


@dataclass(frozen=True, kw_only=True)
class PlanFunction:
    name: str
    calls: int
    milliseconds: int
    memory_mb: int
    written: Decimal

    @property
    def seconds(self) -> Decimal:
        return Decimal(self.milliseconds) / 1000

    @property
    def as_the_plan_reckons(self) -> Decimal:
        return self.calls * self.seconds * PLAN_RATE

    def usages(self, *, arm: bool = False) -> tuple[Usage, ...]:
        return function_usages(function=self.name, calls=self.calls, seconds=self.seconds, memory_mb=self.memory_mb, arm=arm)


@dataclass(frozen=True, kw_only=True)
class PlanLine:
    """`written`: what the plan says. `lines`: its usage at list price. `why`: how they come to differ."""

    service: str
    name: str
    usage: str
    written: Decimal
    lines: tuple[CostLine, ...]
    why: str = ""

    @property
    def recomputed(self) -> Decimal:
        return total(lines=self.lines, listed=True)

    @property
    def differs(self) -> bool:
        return abs(self.recomputed - self.written) >= Decimal("0.005")


FUNCTIONS = tuple(
    PlanFunction(name=name, calls=calls, milliseconds=milliseconds, memory_mb=memory, written=Decimal(written))
    for name, calls, milliseconds, memory, written in (
        ("create_event", 10_000, 500, 512, "0.84"),
        ("list_events", 150_000, 300, 512, "7.56"),
        ("event_stats", 200_000, 400, 512, "13.44"),
        ("register", 100_000, 2000, 1024, "33.60"),
        ("pay", 100_000, 300, 512, "5.04"),
        ("scan", 50_000, 200, 256, "1.68"),
    )
)
# service, name, usage in words, written, [(price, quantity)], why
OTHERS: tuple[tuple[str, str, str, str, str, int, str], ...] = (
    ("Amazon DynamoDB", "Reads", "10,000,000 reads", "2.50", "dynamodb.reads", 10_000_000, "The price was halved on 1 November 2024."),
    ("Amazon DynamoDB", "Writes", "500,000 writes", "6.25", "dynamodb.writes", 500_000, "Ten times too high even at the old price."),
    ("Amazon DynamoDB", "Storage", "10 GB", "2.50", "dynamodb.storage", 10, "Right at list price; the first 25 GB are free."),
    ("Amazon S3", "Storage", "100 GB", "2.30", "s3.standard", 100, "Right, for 1 MB a ticket. A good PDF has 15 to 60 KB."),
    ("Amazon S3", "PUT requests", "100,000", "0.50", "s3.put", 100_000, "Right."),
    ("Amazon S3", "GET requests", "300,000", "0.12", "s3.get", 300_000, "Right."),
    ("Amazon CloudFront", "Transfer", "100 GB", "8.50", "cloudfront.transfer", 100, "Right at list price; the first 1 TB is free."),
    ("Amazon CloudFront", "Requests", "1,000,000", "1.00", "cloudfront.requests", 1_000_000, "Right at list price; 10 million are free."),
    (
        "Amazon API Gateway",
        "HTTP API requests",
        "600,000",
        "0.60",
        "api.http",
        CALLS,
        "The functions are called 610,000 times. The caching and usage plans that the plan asks for exist only on REST APIs.",
    ),
)
LEFT_OUT: tuple[tuple[str, str, str, Decimal], ...] = (
    # what, price, how much, quantity
    ("Cache (ElastiCache)", "elasticache.hours", "one small node, all month", Decimal(730)),
    ("Logs", "cloudwatch.logs", "610,000 calls × 2 KB", Decimal("1.22")),
    ("Alarms", "cloudwatch.alarms", "the plan's three", Decimal(3)),
    ("Dashboards", "cloudwatch.dashboards", "one", Decimal(1)),
    ("Tracing (X-Ray)", "xray.traces", "every call: 610,000 traces", Decimal(610_000)),
    ("Mail", "ses.mails", "one for each registration", Decimal(100_000)),
    ("Point-in-time recovery", "dynamodb.recovery", "10 GB", Decimal(10)),
    ("Copies in another region", "s3.replication", "100 GB moved", Decimal(100)),
    ("… and their storage there", "s3.standard", "100 GB", Decimal(100)),
    ("Replicated writes", "dynamodb.replicated-writes", "500,000 × two further regions", Decimal(1_000_000)),
    ("DNS zone", "route53.zones", "one", Decimal(1)),
    ("DNS health checks", "route53.health", "one for each of three regions", Decimal(3)),
    ("Web firewall", "waf.list", "one list", Decimal(1)),
    ("Web firewall, rules", "waf.rules", "four", Decimal(4)),
    ("Web firewall, requests", "waf.requests", "610,000", Decimal(610_000)),
)
COGNITO = PlanLine(
    service="Amazon Cognito",
    name="Monthly active users",
    usage="50,000 users",
    written=Decimal("0.00"),
    lines=(),
    why="To be checked: the plan says 50,000 are free here and 25,000 there. It depends on the tier and on the account's age.",
)
TIERS: tuple[tuple[str, int, int, str], ...] = (
    ("Small", 10_000, 86, "Current"),
    ("Medium", 100_000, 520, "Add caching"),
    ("Large", 1_000_000, 3_800, "Multi-region"),
    ("Enterprise", 10_000_000, 28_000, "Full optimisation"),
)
WRITTEN_TOTAL = Decimal("86.43")
WRITTEN_LAMBDA = Decimal("62.16")
WRITTEN_STRIPE_INR, WRITTEN_STRIPE_USD = Decimal(1_450_200), Decimal(17_400)


def plan_workload(*, arm: bool = False, rest_api: bool = False) -> Workload:
    """The usage of the plan's tables. `rest_api`: with REST requests and a cache, which its text asks for."""
    usages = [usage for function in FUNCTIONS for usage in function.usages(arm=arm)]
    for _, name, _, _, key, quantity, _ in OTHERS:
        if key == "api.http" and rest_api:
            usages.append(Usage(price_key="api.rest", resource=name, quantity=Decimal(quantity)))
            usages.append(Usage(price_key="api.cache", resource="Cache", quantity=Decimal(730), working="730 hours"))
        else:
            usages.append(Usage(price_key=key, resource=name, quantity=Decimal(quantity)))
    return Workload(name="The plan", usages=tuple(usages))


def plan_lines(*, book: PriceBook) -> list[PlanLine]:
    """Every line of the plan's tables, in its order, with its own usage at the book's prices."""
    lines = [
        PlanLine(
            service="AWS Lambda",
            name=each.name,
            usage=f"{each.calls:,} × {each.milliseconds:,} ms × {each.memory_mb:,} MB",
            written=each.written,
            lines=_priced(each.usages(), book),
            why=LAMBDA_WRONG,
        )
        for each in FUNCTIONS
    ]
    for service, name, usage, written, key, quantity, why in OTHERS:
        used = Usage(price_key=key, resource=name, quantity=Decimal(quantity))
        lines.append(PlanLine(service=service, name=name, usage=usage, written=Decimal(written), lines=_priced((used,), book), why=why))
    return [*lines[:-1], COGNITO, lines[-1]]


def left_out(*, book: PriceBook) -> list[tuple[str, str, CostLine]]:
    """What the plan's own text asks for and its tables leave out, priced one by one."""
    return [
        (name, working, _priced((Usage(price_key=key, resource=name, quantity=quantity, working=working),), book)[0])
        for name, key, working, quantity in LEFT_OUT
    ]


def plan_totals(*, book: PriceBook) -> dict[str, Decimal]:
    """The plan's bill by several readings: "listed", "free" (always-free), "rest", "arm_lambda"."""
    listed = price_lines(workload=plan_workload(), book=book)
    arm = price_lines(workload=plan_workload(arm=True), book=book)
    return {
        "listed": total(lines=listed, listed=True),
        "free": total(lines=price_lines(workload=plan_workload(), book=book, free=ALWAYS)),
        "rest": total(lines=price_lines(workload=plan_workload(rest_api=True), book=book), listed=True),
        "lambda": total(lines=[line for line in listed if line.price.service == "AWS Lambda"], listed=True),
        "lambda_arm": total(lines=[line for line in arm if line.price.service == "AWS Lambda"], listed=True),
    }


@dataclass(frozen=True, kw_only=True)
class PlanTier:
    name: str
    events: int
    written: int
    note: str
    recomputed: Decimal


def plan_tiers(*, book: PriceBook) -> list[PlanTier]:
    """The four sizes: what the plan expects, and its own lines at that size."""
    return [
        PlanTier(name=name, events=events, written=written, note=note, recomputed=at_scale(events=events, book=book))
        for name, events, written, note in TIERS
    ]


def at_scale(*, events: int, book: PriceBook, free: frozenset[str] = frozenset()) -> Decimal:
    """The plan's mix of usage at this many events a month."""
    workload = plan_workload().times(factor=Decimal(events) / EVENTS)
    return total(lines=price_lines(workload=workload, book=book, free=free))


@dataclass(frozen=True, kw_only=True)
class PlanFees:
    percent: Decimal
    fixed: Decimal
    fixed_in_the_plan: Decimal

    @property
    def inr(self) -> Decimal:
        return self.percent + self.fixed

    @property
    def usd(self) -> Decimal:
        return self.inr / INR_PER_USD


def plan_fees() -> PlanFees:
    """2.9 % of 100,000 × 500 rupees, and 2 for each; of these 200,000 the plan added 200."""
    schedule = fee_schedules()["plan"]
    amount = REGISTRATIONS * TICKET_PRICE_INR
    percent = schedule.fee(amount=amount, payments=0)
    return PlanFees(
        percent=percent,
        fixed=schedule.fee(amount=amount, payments=REGISTRATIONS) - percent,
        fixed_in_the_plan=WRITTEN_STRIPE_INR - percent,
    )


def _priced(usages: tuple[Usage, ...], book: PriceBook) -> tuple[CostLine, ...]:
    return tuple(price_lines(workload=Workload(name="", usages=usages), book=book))
