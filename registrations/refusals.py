"""What a buyer is told when it can't be done."""

from ticketing.lib.languages import say


class Refused(Exception):
    """The buyer can't do this now. `code` is for programs, the message is for people."""

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None, ticket_type_id: int | None = None) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.ticket_type_id = ticket_type_id


class HoldEnded(Refused):
    """The hold expired, was given back or was replaced."""

    code = "hold_ended"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or say("The time for these tickets ran out, and they went back on sale. Nothing was charged."))
