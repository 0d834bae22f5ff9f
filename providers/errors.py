"""What can go wrong between us and a model server.

ProviderError               permanent unless it says otherwise
├── ProviderNotReady        no key set, an address that cannot be used, or not started
├── ProviderPaused          it failed too often just now and is left alone (transient)
├── ProviderUnreachable     no connection (transient)
├── ProviderTimeout         a deadline passed (transient)
├── ProviderRejected        it answered with an error status
├── ProviderInvalid         it answered with something that is no answer
└── ProviderTruncated       a stream ended without its finish
"""


class ProviderError(Exception):
    """Base. Its text is a sentence for the caller of the API: no key, no prompt, and
    nothing of the server's answer but its own error message, cut to 500 characters."""

    permanent = True

    def __init__(self, message: str, *, provider: str) -> None:
        super().__init__(message)
        self.message = message
        self.provider = provider


class ProviderNotReady(ProviderError):
    """The provider is not set up: the message names the variable to set."""


class ProviderPaused(ProviderError):
    """Its breaker is open: it was not called, and will be after `retry_after_s` seconds."""

    permanent = False

    def __init__(self, message: str, *, provider: str, retry_after_s: float) -> None:
        super().__init__(message, provider=provider)
        self.retry_after_s = retry_after_s


class ProviderUnreachable(ProviderError):
    """No connection, or it broke before an answer."""

    permanent = False


class ProviderTimeout(ProviderError):
    """A deadline passed: connect, first chunk, between chunks, or total."""

    permanent = False


class ProviderRejected(ProviderError):
    """The server answered with an error; `status` is its HTTP status (or the code in an
    error that came with a 200), `retry_after_s` what it asked us to wait, if it did."""

    def __init__(
        self,
        message: str,
        *,
        provider: str,
        status: int,
        code: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, provider=provider)
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s
        self.permanent = status < 500 and status not in (408, 429)


class ProviderInvalid(ProviderError):
    """The answer was not JSON, not of OpenAI's shape, or too large."""


class ProviderTruncated(ProviderError):
    """A stream ended before its finish_reason."""
