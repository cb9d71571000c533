"""What is kept at the gate (ticketing/lib/personal.py). Copies for phones are sealed, and live for hours."""

from ticketing.lib.personal import DELETE, Kept, Until, declare

declare("scanning.CheckInList", rest="name rule")
declare("scanning.Gate", rest="name")
declare(
    "scanning.Device",
    rest="name code token_hash",
    event="event",
    steward=Kept(whose="team", why="Who worked with the phone last."),
)
declare("scanning.Shift", rest="nonce", event="device__event", steward=Kept(whose="team", why="Who worked at which gate."))
declare("scanning.Scan", rest="nonce presented shown")
declare("scanning.Undo", rest="reason")
declare("scanning.Seal", rest="record_id secret")
declare("scanning.Copy", rest="basis")
declare(
    "scanning.CopyPart",
    event="event",
    content=Kept(
        whose="attendee",
        why="Phones' copies for working without network: names, sealed by the tickets.",
        until=Until.DAYS,
        blank=DELETE,
        days=7,
        since="built_at",
    ),
)
