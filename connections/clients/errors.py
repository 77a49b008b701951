"""What can go wrong with an outside API, named by what to do next.

`fault` of each is the code of `connections.models.ConnectionFault` that the connection shows for it.
"""

import re

# What a secret looks like inside somebody else's text: `access_token=…`, `Bearer …`, `"token": "…"`, VK's `vk1.a.…`.
_SECRET = re.compile(
    r"""((?:access_|refresh_|api_|id_)?token["']?\s*[=:]\s*["']?|bearer\s+)[^\s"'&,;}]+|\bvk\d\.a\.[\w-]+""",
    re.IGNORECASE,
)
MOST_TEXT = 500


def redact(text: object, *secrets: str) -> str:
    """An API's words without `secrets` and what looks like one, short enough for a row."""
    clean = str(text)
    for secret in filter(None, secrets):
        clean = clean.replace(secret, "***")
    clean = _SECRET.sub(lambda found: f"{found[1] or ''}***", clean)
    return clean.encode("utf-8", "replace").decode()[:MOST_TEXT]


class ApiError(Exception):
    """An outside API did not do what was asked. `code` is its own (VK's error, HTTP status) or None."""

    fault = "unavailable"

    def __init__(self, code: int | None, message: str, method: str = ""):
        super().__init__(code, message, method)
        self.code = code
        self.message = message
        self.method = method

    def __str__(self) -> str:
        said = " ".join(str(part) for part in (self.code, self.message) if part not in (None, ""))
        return f"{self.method}: {said}" if self.method else said


class TransientError(ApiError):
    """Not run, or a failed read: worth another try later."""


class NotSent(TransientError):
    """Nothing left this machine: no address, no connection, no handshake."""


class Throttled(TransientError):
    """Too fast or too much, and not run: come back in `retry_after` seconds."""

    def __init__(self, code: int | None, message: str, method: str = "", retry_after: float = 1.0):
        super().__init__(code, message, method)
        self.retry_after = retry_after


class BadAnswer(TransientError):
    """A read was answered with something else: HTML, cut JSON, a list that turns in a circle."""

    fault = "bad_answer"


class UploadError(TransientError):
    """An upload host took no file. Ask for a fresh address and try again, once or twice."""


class PermanentError(ApiError):
    """Refused as it stands: the same request would fail again."""

    fault = "refused"


class AuthenticationError(PermanentError):
    """The token is not accepted: only the merchant can reconnect."""

    fault = "token"


class CommunityToken(AuthenticationError):
    """The token of a VK community, where a person's is needed."""

    fault = "community_token"


class HumanCheck(PermanentError):
    """The service wants a person: captcha, confirmation. Pause the account until its owner has been there."""

    fault = "human_check"


class AccessDenied(PermanentError):
    """The token is good, its rights are not: reconnect with the right role or permission."""

    fault = "forbidden"


class NotInstalled(PermanentError):
    """Evotor 402: the application is not installed in this store. The token and other stores are fine."""

    fault = "forbidden"


class NotFound(PermanentError):
    """There is no such thing (any more)."""


class NoCommunity(NotFound):
    """VK knows no such community."""

    fault = "no_community"


class MarketOff(PermanentError):
    """The community's goods section is switched off: its owner must enable it."""

    fault = "market_off"


class OutcomeUnknown(ApiError):
    """Sent, and no answer came: look before sending again."""
