"""What the API and webhooks keep about people (ticketing/lib/personal.py): copies of answers and messages, for days."""

from ticketing.lib.personal import DELETE, Kept, Until, declare

declare("api.Token", rest="name secret_hash ending")
declare(
    "api.Call",
    rest="key asked",
    body=Kept(whose="buyer", why="The answer, for a program that asks again.", until=Until.DAYS, blank=DELETE, days=2, since="started_at"),
)
declare("api.Endpoint", rest="url sealed_secret")
declare(
    "api.Message",
    rest="kind fact about last_error",
    body=Kept(
        whose="buyer", why="What the organiser's own programs were told.", until=Until.DAYS, blank=DELETE, days=30, since="happened_at"
    ),
)
declare("api.Reading", rest="read pending")
