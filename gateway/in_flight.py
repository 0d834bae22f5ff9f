"""How many requests of layers one process takes at the same time. Past that it refuses at
once, so that those it took are answered in time."""

from gateway.errors import SERVER_ERROR, GatewayError

LIMIT = 2_000


class Overloaded(GatewayError):
    """As many requests are under way as this process takes."""

    status, type, code = 503, SERVER_ERROR, "overloaded"
    headers = ((b"retry-after", b"1"),)

    def __init__(self) -> None:
        super().__init__("Aura has as much to do as it can. Ask again in a moment.")


class InFlight:
    """Counts what is under way: `with IN_FLIGHT.one(): ...`. It is its own context, so
    that a request costs no object."""

    __slots__ = ("count", "limit")

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.count = 0

    def one(self) -> "InFlight":
        """Return the context of one more request, to be entered at once.

        Raises Overloaded when there are as many as may be.
        """
        if self.count >= self.limit:
            raise Overloaded
        return self

    def __enter__(self) -> None:
        self.count += 1

    def __exit__(self, *_: object) -> None:
        self.count -= 1


IN_FLIGHT = InFlight()
