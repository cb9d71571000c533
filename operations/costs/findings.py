"""The plan's six tips as rules that read the meters: what each would save here in a month, or that it does not pay."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from operations.costs.functions import MEMORY_MB, READ_HEAVY
from operations.costs.installation import HOURS_IN_MONTH, WRITING_SHARE
from operations.costs.price_book import PriceBook
from operations.costs.used import Metered, Used, together
from operations.costs.what_if import ARCHIVES, months_to_earn_back

ZERO = Decimal(0)
WORTH_IT = Decimal("0.01")  # dollars a month; less is said to be nothing
MEMORIES = (128, 256, 512, 1024, 1769)
ONE_CORE_MB = Decimal(1769)  # a function of this memory has one whole CPU, a smaller one its part of it
SMALLEST_MB = 256  # the interpreter with the framework loaded does not fit into less
PROVISIONED_FILL = Decimal("0.7")  # auto scaling keeps provisioned capacity this full at best
COMMITMENT_DISCOUNT = Decimal("0.17")  # one year, compute; to be checked when it is bought
HIT_TARGET = Decimal("0.95")
CLAIMED_BY_PLAN = Decimal("0.70")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`saving`: dollars a month; zero or less does not pay; None when there is nothing to read yet."""

    key: str
    tip: str
    saving: Decimal | None
    sentence: str
    working: str
    advice: str

    @property
    def verdict(self) -> str:
        if self.saving is None:
            return "No data yet"
        return "Saves" if self.saving >= WORTH_IT else "Does not pay"


def findings(*, used: Metered, hours: Mapping[datetime, Used], book: PriceBook, pdf_kb: Decimal | None = None) -> list[Finding]:
    """All six, in the plan's order. `hours`: closed hours of the last days; `pdf_kb`: a ticket's measured size."""
    if used.total.pdfs and pdf_kb is None:
        pdf_kb = Decimal(used.total.pdf_bytes) / used.total.pdfs / 1024
    return [
        _capacity(used, hours, book),
        _memory(used, book),
        _archive(used, book, pdf_kb),
        _cdn(used, book),
        _reserved(used, hours, book),
        _caching(used, book),
    ]


def _a_month(used: Metered) -> Decimal:
    """From the span that was read to a month."""
    return HOURS_IN_MONTH / Decimal(used.hours) if used.hours else ZERO


def _capacity(used: Metered, hours: Mapping[datetime, Used], book: PriceBook) -> Finding:
    tip = "Pay for reads and writes on demand, not for provisioned capacity"
    if not hours or not used.total.sql:
        return _nothing("capacity", tip)
    statements = used.total.sql * _a_month(used)
    peak = max(Decimal(each.sql) for each in hours.values()) / 3600
    demand = book.prices["dynamodb.reads"].cost(quantity=statements * (1 - WRITING_SHARE))
    demand += book.prices["dynamodb.writes"].cost(quantity=statements * WRITING_SHARE)
    reading = peak * (1 - WRITING_SHARE) / PROVISIONED_FILL * HOURS_IN_MONTH
    writing = peak * WRITING_SHARE / PROVISIONED_FILL * HOURS_IN_MONTH
    provisioned = book.prices["dynamodb.provisioned-read"].cost(quantity=reading)
    provisioned += book.prices["dynamodb.provisioned-write"].cost(quantity=writing)
    saving = provisioned - demand
    sentence = (
        f"The busiest hour has {peak:,.2f} statements a second. Provisioned for it, a month costs ${provisioned:,.2f}; "
        f"on demand ${demand:,.2f}."
    )
    advice = "On demand is right here." if saving > 0 else "The load is even: provisioned capacity with auto scaling is cheaper."
    working = f"{statements:,.0f} statements a month on demand, against {peak:,.2f}/s ÷ {PROVISIONED_FILL} kept for 730 hours"
    return Finding(key="capacity", tip=tip, saving=saving, sentence=sentence, working=working, advice=advice)


def best_memory(*, wait: Decimal, cpu: Decimal) -> int:
    """MB at which a call that waits and computes so long (seconds of a whole core) is cheapest."""

    def gb_seconds(memory: int) -> Decimal:
        return (wait + cpu * max(Decimal(1), ONE_CORE_MB / memory)) * memory

    return min((memory for memory in MEMORIES if memory >= SMALLEST_MB), key=gb_seconds)


def _memory(used: Metered, book: PriceBook) -> Finding:
    tip = "Right-size the memory of functions"
    if not any(each.rendered > 0 for each in used.of_functions.values()):
        return _nothing("memory", tip)
    now, best, chosen = ZERO, ZERO, []
    for name, each in used.of_functions.items():
        if each.rendered <= 0:
            continue
        wait = Decimal(max(0, each.duration_us - each.cpu_us)) / 1_000_000 / each.rendered
        cpu = Decimal(each.cpu_us) / 1_000_000 / each.rendered
        memory = best_memory(wait=wait, cpu=cpu)
        now += _compute(each, wait, cpu, MEMORY_MB[name], book)
        best += _compute(each, wait, cpu, memory, book)
        if memory != MEMORY_MB[name]:
            chosen.append(f"{name} {MEMORY_MB[name]} → {memory} MB")
    saving = (now - best) * _a_month(used)
    change = "; ".join(chosen) or "no function would change"
    sentence = f"By measured CPU and waiting, {change}."
    advice = (
        "Change the memory as listed." if saving >= WORTH_IT else "Leave the memory as it is: at this load it is not worth a deployment."
    )
    working = f"calls × (waiting + CPU × {ONE_CORE_MB} ÷ MB) × MB, now ${now * _a_month(used):,.4f} and then ${best * _a_month(used):,.4f}"
    return Finding(key="memory", tip=tip, saving=saving, sentence=sentence, working=working, advice=advice)


def _compute(used: Used, wait: Decimal, cpu: Decimal, memory: int, book: PriceBook) -> Decimal:
    seconds = wait + cpu * max(Decimal(1), ONE_CORE_MB / memory)
    return book.prices["lambda.x86"].cost(quantity=used.rendered * seconds * memory / 1024)


def _archive(used: Metered, book: PriceBook, pdf_kb: Decimal | None) -> Finding:
    tip = "Move tickets to Glacier after 90 days"
    size = pdf_kb or Decimal(100)
    known = f"A ticket's PDF has {size:,.0f} KB" if pdf_kb else "For PDFs of 100 KB"
    months = {name: months_to_earn_back(archive=name, pdf_kb=size, region=book.key) for name in ARCHIVES if name != "none"}
    plan_months = months_to_earn_back(archive="flexible", pdf_kb=Decimal(100), region=book.key)
    said = "never" if months["flexible"] is None else f"after {months['flexible']:,.0f} months"
    sentence = f"{known}: in Glacier Flexible the fee for moving it is earned back {said}"
    if plan_months is not None:
        sentence += f" ({plan_months:,.0f} months at 100 KB)"
    sentence += ". Objects under 128 KB are not even moved by default."
    tickets = used.total.pdfs * _a_month(used)
    a_year = _year_in_archive(size, tickets, book)
    working = (
        f"moving costs ${book.prices['s3.to-glacier-flexible'].steps[0].price} per thousand; {tickets:,.0f} PDFs a month, 12 months each"
    )
    return Finding(
        key="archive",
        tip=tip,
        saving=min(a_year, ZERO) if size < 128 else a_year,
        sentence=sentence,
        working=working,
        advice="Expire PDFs after the event instead, and draw one again when somebody asks: it takes some 30 ms.",
    )


def _year_in_archive(size_kb: Decimal, tickets: Decimal, book: PriceBook) -> Decimal:
    """Dollars a month saved by archiving each month's tickets for a year."""
    months = months_to_earn_back(archive="flexible", pdf_kb=size_kb, region=book.key)
    fee = book.prices["s3.to-glacier-flexible"].cost(quantity=tickets)
    return -fee if months is None else fee * (12 / months - 1) / 12


def _cdn(used: Metered, book: PriceBook) -> Finding:
    tip = "Longer times in the CDN, so that it answers more"
    public = used.of_functions.get("list_events")
    if public is None or not public.count:
        return _nothing("cdn", tip)
    share = Decimal(public.page_hits) / public.count
    more = max(ZERO, HIT_TARGET - share) * public.count * _a_month(used)
    each = _price_of_a_call(public, book)
    saving = more * each
    sentence = f"{share:.0%} of {public.count:,} public pages were answered from the cache. At {HIT_TARGET:.0%} the rest of {more:,.0f} calls a month goes."
    advice = (
        "Raise the shared lifetime of public pages."
        if saving >= WORTH_IT
        else "Leave the lifetimes: fresher pages are worth more than this."
    )
    return Finding(key="cdn", tip=tip, saving=saving, sentence=sentence, working=f"{more:,.0f} calls × ${each:.8f}", advice=advice)


def _reserved(used: Metered, hours: Mapping[datetime, Used], book: PriceBook) -> Finding:
    tip = "Reserve capacity for the steady part of the load"
    if not hours:
        return _nothing("reserved", tip)
    floor = min(Decimal(each.duration_us) for each in hours.values()) / 1_000_000
    mean = sum((Decimal(each.duration_us) for each in hours.values()), ZERO) / len(hours) / 1_000_000
    gb_seconds = floor / 2 * HOURS_IN_MONTH  # half a GB
    saving = book.prices["lambda.x86"].cost(quantity=gb_seconds) * COMMITMENT_DISCOUNT
    sentence = f"The quietest hour works {floor:,.1f} s, the mean hour {mean:,.1f} s: only the floor can be reserved."
    advice = "Commit to the floor for a year." if saving >= WORTH_IT else "Nothing to reserve: the load has no floor worth a contract."
    working = f"{floor:,.1f} s × 0.5 GB × 730 hours, {COMMITMENT_DISCOUNT:.0%} off (to be checked)"
    return Finding(key="reserved", tip=tip, saving=saving, sentence=sentence, working=working, advice=advice)


def _caching(used: Metered, book: PriceBook) -> Finding:
    tip = "Cache read-heavy endpoints: 70 % fewer calls, says the plan"
    heavy = together(several=[used.of_functions[name] for name in READ_HEAVY if name in used.of_functions])
    if not heavy.count:
        return _nothing("caching", tip)
    share = Decimal(heavy.page_hits) / heavy.count
    saved = heavy.page_hits * _a_month(used) * _price_of_a_call(heavy, book)
    rest_cache = book.prices["api.cache"].cost(quantity=HOURS_IN_MONTH)
    sentence = (
        f"Measured: {share:.0%} fewer calls, where the plan claims {CLAIMED_BY_PLAN:.0%}. Our own page cache saves ${saved:,.2f} a month; "
        f"the REST API cache that the plan means costs ${rest_cache:,.2f} for that."
    )
    return Finding(
        key="caching",
        tip=tip,
        saving=saved - rest_cache,
        sentence=sentence,
        working=f"{heavy.page_hits:,} answered from the cache of {heavy.count:,}, against {book.prices['api.cache'].steps[0].price} × 730 hours",
        advice="Keep the page cache of the product; do not buy the gateway's.",
    )


def _price_of_a_call(used: Used, book: PriceBook) -> Decimal:
    """Dollars of one call that is not answered from a cache: compute, request, gateway, statements."""
    if used.rendered <= 0:
        return ZERO
    seconds = Decimal(used.duration_us) / 1_000_000 / used.rendered
    reads = Decimal(used.sql) / used.rendered
    return (
        book.prices["lambda.x86"].cost(quantity=seconds / 2)
        + book.prices["lambda.requests"].cost(quantity=Decimal(1))
        + book.prices["api.http"].cost(quantity=Decimal(1))
        + book.prices["dynamodb.reads"].cost(quantity=reads)
    )


def _nothing(key: str, tip: str) -> Finding:
    return Finding(
        key=key,
        tip=tip,
        saving=None,
        sentence="Nothing was metered for this yet.",
        working="",
        advice="Come back when an hour has been metered.",
    )


@dataclass(frozen=True, kw_only=True)
class FreePart:
    """What of a free quantity is used. `days_left`: until it is used up at the month's pace; None: it lasts."""

    service: str
    unit: str
    terms: str
    used: Decimal
    free: Decimal
    saved: Decimal
    days_left: Decimal | None

    @property
    def share(self) -> Decimal:
        return min(Decimal(1), self.used / self.free)


def free_parts(*, used: Metered, quantities: Mapping[str, Decimal], book: PriceBook, days_in_month: int) -> list[FreePart]:
    """Every free quantity of the book that this usage touches. `quantities`: of the span that was read, by price."""
    days = Decimal(used.hours) / 24
    found = []
    for key, quantity in quantities.items():
        price = book.prices[key]
        if not price.free_quantity or not quantity:
            continue
        pace = quantity / days if days else ZERO
        left = (price.free_quantity - quantity) / pace if pace else None
        lasts = left is None or left >= days_in_month - days
        found.append(
            FreePart(
                service=price.service,
                unit=price.unit,
                terms=price.free_terms,
                used=quantity,
                free=price.free_quantity,
                saved=price.cost(quantity=min(quantity, price.free_quantity)),
                days_left=None if lasts else max(ZERO, left or ZERO),
            )
        )
    return sorted(found, key=lambda part: -part.share)
