"""The main job for one merchant: read the till, read VK, plan, send, confirm; and what came of it in one line."""

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.text import format_lazy
from rich.progress import Progress, TaskID

from accounts.commands import BUSY, FAILED, FINE, Outcome, english
from accounts.models import User
from catalog import refreshing as till
from catalog.choices import Choices
from catalog.models import CachedStore, StoreError
from connections import linking
from connections.clients.errors import ApiError
from connections.models import Community, ConnectionFault
from evosync.base import clock

from . import publishing
from .models import SyncRun
from .publishing import Frozen
from .reports import Report
from .rounds import CommunityBusy
from .stages import Stage, Tell, untold
from .summary import summary_of

COUNTS = (
    "products",
    "created",
    "updated",
    "hidden",
    "deleted",
    "held",
    "failed",
    "unknown",
    "waiting",
    "drift",
    "confirmed",
    "requests",
)


@dataclass(slots=True)
class Job:
    """One run of the main job and what went wrong on the way."""

    user: User
    progress: Progress | None = None
    report: Report = field(default_factory=Report)
    # Sentences for the person who ran it.
    troubles: list[str | Promise] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    code: int = FINE

    def run(self, *, refresh: bool, dry_run: bool, approve: bool) -> Outcome:
        """`refresh`: read the till first. What goes wrong is in the outcome and its exit code; only a bug is raised."""
        began = clock.monotonic()
        if refresh:
            self._refresh_till()
        self._publish(read=refresh, dry_run=dry_run, approve=approve)
        if self.report.failed or self.report.guards:
            self.code = FAILED
        if self.code == FAILED and self.report.status == SyncRun.Status.DONE:
            # What a script reads must not say that all is well.
            self.report.status = SyncRun.Status.FAILED
        values = {name: getattr(self.report, name) for name in COUNTS}
        values |= {"seconds": round(clock.monotonic() - began, 1)}
        values |= {"status": self.report.status, "errors": self.errors, "reasons": self.report.reasons}
        if dry_run:
            values |= {"dry_run": True, "changes": self.report.lines}
        with english():
            lines = [*summary_of(self.report, self._community(), dry_run), *map(str, self.troubles)]
        return Outcome(values, self.code, "\n".join(lines))

    def _refresh_till(self) -> None:
        connection = getattr(self.user, "evotor", None)
        if connection is None:
            self._fail("evotor", ConnectionFault.NOT_CONNECTED)
            return
        refreshed = till.refresh(connection, progress=self.progress)
        if refreshed.connection_fault:
            self._fail("evotor", refreshed.connection_fault, refreshed.fault_text)
        switched_off = self._switched_off() if refreshed.errors else set()
        for store, error in refreshed.errors:
            if store in switched_off:
                continue
            self.code = FAILED
            self.errors.append(f"store:{error}")
            self.troubles.append(format_lazy("Store «{}»: {}.", store, StoreError(error).label))

    def _switched_off(self) -> set[str]:
        """Names of stores that the merchant does not publish: what ails them ails nobody."""
        choices = Choices.of(self.user)
        stores = CachedStore.objects.filter(connection__user=self.user).values_list("name", "evotor_id")
        on = {name for name, evotor_id in stores if choices.store_on(evotor_id)}
        return {name for name, _id in stores} - on

    def _publish(self, **options) -> None:
        connection = getattr(self.user, "vk", None)
        if connection is None or connection.community is None or not connection.access_token:
            self._fail("vk", ConnectionFault.NOT_CONNECTED)
            return
        try:
            client = linking.vk_client(connection)
            self.report = publishing.publish(self.user, client, tell=self._teller(), **options)
        except Frozen:
            self.report.status = "frozen"
            why = "The master switch is off" if self.user.is_active else "The account is not active"
            self.troubles.append(f"{why}: nothing was sent.")
        except CommunityBusy:
            self.code, self.report.status = BUSY, "busy"
            self.troubles.append("Another process is at work on this community, and will look again by itself.")
        except ApiError as error:
            self._fail("vk", error.fault, str(error))
        if self.report.error:
            self._fail("vk", self.report.error, self.report.error_text)
        elif self.report.error_text:
            self.troubles.append(f"VK asks to wait, the rest will be sent later ({self.report.error_text}).")

    def _fail(self, service: str, fault: str, said: str = "") -> None:
        self.code = FAILED
        self.errors.append(f"{service}:{fault}")
        name = {"evotor": "Evotor", "vk": "VK"}[service]
        label = ConnectionFault(fault).label if fault in ConnectionFault.values else fault
        self.troubles.append(format_lazy("{}: {}{}", name, label, f" ({said})" if said else ""))

    def _community(self) -> Community | None:
        return self.user.vk.community if hasattr(self.user, "vk") else None

    def _teller(self) -> Tell:
        """Show each stage of the publishing as a bar."""
        progress = self.progress
        if progress is None:
            return untold
        bars: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int | None) -> None:
            if stage not in bars:
                with english():
                    bars[stage] = progress.add_task(str(Stage(stage).label), total=total)
            progress.update(bars[stage], completed=done, total=total)

        return tell
