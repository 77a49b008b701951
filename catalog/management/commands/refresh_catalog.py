from accounts.commands import FAILED, FINE, MerchantCommand, Outcome, english
from catalog.models import StoreError
from catalog.refreshing import Refreshed, refresh
from connections.models import ConnectionFault, EvotorConnection


class Command(MerchantCommand):
    help = "Read the stores, groups and products of Evotor into the mirror."

    def merchants(self):
        return super().merchants().filter(evotor__isnull=False).exclude(evotor__access_token="")

    def one(self, user, progress, **options) -> Outcome:
        connection = EvotorConnection.objects.of(user).first()
        result = refresh(connection or EvotorConnection(user=user), progress=progress)
        failed = result.errors or result.connection_fault
        with english():
            return Outcome(values_of(result), FAILED if failed else FINE, text_of(result))


def values_of(result: Refreshed) -> dict:
    errors = [{"store": name, "error": code} for name, code in result.errors]
    if result.connection_fault:
        errors.insert(0, {"connection": "evotor", "error": str(result.connection_fault)})
    return {
        "stores": result.stores,
        "skipped": result.skipped,
        "products": result.products,
        "written": result.written,
        "vanished": result.vanished,
        "complete": result.complete,
        "errors": errors,
    }


def text_of(result: Refreshed) -> str:
    """The same for people: figures first, then what went wrong and where."""
    stores = "store" if result.stores == 1 else "stores"
    lines = [
        f"{result.stores} {stores} read, {result.skipped} skipped; {result.products} products,"
        f" {result.written} changed, {result.vanished} vanished."
    ]
    if result.connection_fault:
        lines.append(f"  Evotor: {ConnectionFault(result.connection_fault).label}")
    lines += [f"  {name}: {StoreError(code).label}" for name, code in result.errors]
    return "\n".join(lines)
