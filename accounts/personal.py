"""What is kept about the team, here and in the packages for signing in (ticketing/lib/personal.py)."""

from ticketing.lib.personal import DELETE, UNIQUE, Kept, Until, declare

ACCOUNT = Until.ACCOUNT
declare(
    "accounts.User",
    rest="password",
    email=Kept(whose="team", why="To sign in.", until=ACCOUNT),
    name=Kept(whose="team", why="What colleagues see.", until=ACCOUNT),
)
declare(
    "accounts.Organiser",
    rest="name slug time_zone currency country invoice_prefix",
    email=Kept(whose="organiser", why="Buyers' replies go there.", until=ACCOUNT),
    legal_name=Kept(whose="organiser", why="On invoices; of a sole trader it is a person's.", until=Until.LAW),
    address=Kept(whose="organiser", why="On invoices.", until=Until.LAW),
    vat_id=Kept(whose="organiser", why="On invoices.", until=Until.LAW),
)
declare("accounts.Membership")
declare(
    "accounts.Invitation",
    rest="token",
    email=Kept(whose="team", why="Where the invitation went.", until=Until.DAYS, blank=UNIQUE, days=30, since="expires_at"),
)
declare("account.EmailAddress", email=Kept(whose="team", why="To sign in.", until=ACCOUNT))
declare("account.EmailConfirmation", rest="key")
declare("mfa.Authenticator", data=Kept(whose="team", why="Passkeys and codes.", until=ACCOUNT))
declare(
    "usersessions.UserSession",
    rest="session_key",
    ip=Kept(
        whose="team", why="So that people see where they are signed in.", until=Until.DAYS, blank=DELETE, days=30, since="last_seen_at"
    ),
    user_agent=Kept(whose="team", why="So that people see where they are signed in.", until=ACCOUNT),
    data=Kept(whose="team", why="How they signed in.", until=ACCOUNT),
)
declare(
    "sessions.Session",
    rest="session_key",
    session_data=Kept(whose="team", why="Being signed in.", until=Until.DAYS, blank=DELETE, days=1, since="expire_date"),
)
for _kind in ("AccessFailureLog", "AccessAttempt", "AccessLog"):  # limits of guessing are kept in the cache; these stay empty
    declare(
        f"axes.{_kind}",
        rest="path_info http_accept" + {"AccessAttempt": " get_data post_data", "AccessLog": " session_hash"}.get(_kind, ""),
        user_agent=Kept(whose="team", why="Against guessing passwords.", until=ACCOUNT),
        ip_address=Kept(whose="team", why="Against guessing passwords.", until=Until.DAYS, blank=DELETE, days=30, since="attempt_time"),
        username=Kept(whose="team", why="Against guessing passwords.", until=ACCOUNT),
    )
declare("admin.LogEntry", rest="object_id change_message", object_repr=Kept(whose="team", why="Acts of the staff's desk.", until=ACCOUNT))
declare("auth.Permission", rest="name codename")
declare("auth.Group", rest="name")
declare("contenttypes.ContentType", rest="app_label model")
