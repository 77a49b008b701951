"""VK's error codes, sorted by what to do next. What they mean: dev.vk.com/reference/errors."""

from __future__ import annotations

from . import errors

MINUTE, HOUR = 60.0, 3600.0

# Too many requests a second.
TOO_FAST = 6
# Code -> when to come back, in seconds. None of them ran.
THROTTLES = {TOO_FAST: 1.0, 9: 10 * MINUTE, 29: HOUR, 32: 10 * MINUTE, 43: HOUR, 103: 10 * MINUTE, 1105: 10 * MINUTE}
# Unknown error, internal error, interrupted by a timeout: it may have run.
LOST = frozenset({1, 10, 36})

_BY_CLASS: dict[type[errors.ApiError], set[int]] = {
    # 27 and 28 are tokens of a community or an application, which no market method takes.
    errors.CommunityToken: {27},
    errors.AuthenticationError: {5, 18, 28, 37, 1114, 1116, 1117, 1118, 3609, 3610},
    errors.HumanCheck: {14, 17, 24, 25, 3300, 3301, 3302, 3303, 3304},
    errors.AccessDenied: {7, 15, 20, 21, 203, 205, 260},
    errors.NoCommunity: {40, 125},
    errors.NotFound: {104, 1402, 1403},
    errors.MarketOff: {1438, 1525, 1526},
}
CLASSES: dict[int | None, type[errors.ApiError]] = {code: kind for kind, codes in _BY_CLASS.items() for code in codes}

# Inside an `execute`: the call was not tried. Everything else but LOST was refused.
INNER_NOT_RUN = frozenset({6, 9, 14, 29})
# Of a whole `execute`: VK checks who asks, how often and whether the code compiles before it runs a line. Any
# other top-level error (13, runtime) may come after some of the calls were done.
TOP_NOT_RUN = (
    frozenset({6, 8, 9, 12, 14, 15, 17, 24, 25, 29})
    | _BY_CLASS[errors.AuthenticationError]
    | _BY_CLASS[errors.CommunityToken]
    | _BY_CLASS[errors.HumanCheck]
)
# Codes about the account or the community, not about one item: the next call would get the same.
OF_ACCOUNT = frozenset(code for code, kind in CLASSES.items() if kind is not errors.NotFound)


def error_for(code: int | None, message: str, method: str, *, reads: bool = False) -> errors.ApiError:
    """The error for VK's answer to one call. `reads`: the call changes nothing, so it cannot be left unknown."""
    if code in THROTTLES:
        return errors.Throttled(code, message, method, retry_after=THROTTLES[code])
    if code in LOST:
        return (errors.TransientError if reads else errors.OutcomeUnknown)(code, message, method)
    return CLASSES.get(code, errors.PermanentError)(code, message, method)


def execute_error_for(code: int, message: str, *, reads: bool = False) -> errors.ApiError:
    """The error for a whole `execute` that VK answered with an error: unknown unless surely nothing of it ran."""
    if code in TOP_NOT_RUN or reads:
        # 8 (bad request) and 12 (does not compile) end as PermanentError: our own mistake, alone or in a batch.
        return error_for(code, message, "execute", reads=reads)
    return errors.OutcomeUnknown(code, message, "execute")
