"""What the organiser's desk keeps about people (ticketing/lib/personal.py)."""

from ticketing.lib.personal import DELETE, UNIQUE, Kept, Until, declare

declare("workspace.TrafficHour", rest="source")
declare("workspace.ExportSchedule", rest="arguments")
declare(
    "workspace.Job",
    rest="kind failure file_name",
    arguments=Kept(
        whose="buyer", why="What was asked for; a search may be a name.", until=Until.DAYS, blank=DELETE, days=400, since="asked_at"
    ),
    outcome=Kept(whose="attendee", why="What came of it; an import lists rows it could not read.", until=Until.DAYS),
)
declare(
    "workspace.Import",
    event="event",
    file_name=Kept(whose="team", why="What the file was called.", days=30, since="uploaded_at"),
    content=Kept(whose="attendee", why="The file, until it was imported.", days=30, since="uploaded_at"),
    rest="mapping",
)
declare("workspace.ImportedRow", rest="key")
declare("workspace.Unsubscribed", rest="fingerprint")
declare("workspace.MessageTemplate", rest="name subject body")
declare("workspace.Message", rest="subject body audience")
declare(
    "workspace.Recipient",
    order="order",
    event="message__event",
    email=Kept(whose="attendee", why="To whom a message went.", blank=UNIQUE),
)
