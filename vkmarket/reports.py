"""What one round came to, in figures that are true of the community."""

from dataclasses import dataclass, field

from accounts.models import User
from connections.models import Community

from .figures import of_community
from .models import SyncRun

# What a round has done, and what is true after it.
DONE = ("created", "updated", "hidden", "deleted")
STATE = ("held", "failed", "refused", "unknown", "waiting", "drift", "confirmed")


@dataclass(slots=True)
class Report:
    """What one round came to. Counts of calls are this round's; counts of goods are the state after it."""

    status: str = SyncRun.Status.DONE
    products: int = 0
    created: int = 0
    updated: int = 0
    hidden: int = 0
    deleted: int = 0
    held: int = 0
    # What VK refused, or what waits for the merchant's word; the first of it alone.
    failed: int = 0
    refused: int = 0
    unknown: int = 0
    waiting: int = 0
    drift: int = 0
    confirmed: int = 0
    requests: int = 0
    # What stopped the round or waits for a person: a code, and the service's words.
    error: str = ""
    error_text: str = ""
    guards: dict = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    # Of a slice: the run it belongs to, whether more is due now, whether somebody asked to look again, at which
    # products alone; and which other run waits for its next slice.
    run_id: int | None = None
    left: bool = False
    again: bool = False
    again_products: list[int] = field(default_factory=list)
    again_run: int | None = None

    def after(self, earlier: "Report") -> "Report":
        """This round's report, counting also what an earlier one of the same call has sent."""
        for name in DONE:
            setattr(self, name, getattr(self, name) + getattr(earlier, name))
        return self


def state_after(report: Report, user: User, community: Community) -> Report:
    """Fill in the community's goods by what is true of them now."""
    figures = of_community(user, community)
    report.products, report.reasons = figures.products, dict(figures.reasons)
    for name in STATE:
        setattr(report, name, getattr(figures, name))
    return report
