"""Events are about no person (ticketing/lib/personal.py)."""

from ticketing.lib.personal import declare

declare(
    "events.Event",
    rest="name slug summary description time_zone venue_name venue_address city country online_url cover accent tax_name fee_country",
)
declare("events.Quota", rest="name")
declare("events.TicketType", rest="name description")
declare("events.Category", rest="name description")
declare("events.PriceTier", rest="name")
declare("events.Discount", rest="name")
declare("events.Promotion", rest="code")
declare("events.EventSeries", rest="name slug rules")
declare("events.SeriesWork", rest="arguments outcome")
declare("events.Question", rest="label hint choices shown_if_answers")
