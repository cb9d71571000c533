import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django asks "SELECT 1" before each request's first statement. A server that went away has closed
    the socket or said good-bye on it, so a quiet socket is answer enough; only one with something to
    read is asked the long way."""

    def is_usable(self) -> bool:
        if self.connection is not None and not self.connection.closed:
            quiet = select.poll()
            quiet.register(self.connection.fileno(), select.POLLIN)
            if not quiet.poll(0):
                return True
        return bool(super().is_usable())
