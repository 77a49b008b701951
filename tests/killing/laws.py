"""What must hold once all has calmed down, wherever the job was killed."""

from sandbox import seed
from tests.killing import shop
from tests.killing.scene import Scene

WRITES = ("created", "updated", "hidden", "deleted", "waiting", "failed", "unknown")


def assert_recovers(scene: Scene) -> None:
    """The next runs bring the window to the till with no hand work, and then there is nothing left to do."""
    before = shop.foreign(scene.sandbox)
    _outcome, again = scene.do("settle")
    shown, wanted = shop.shown(scene.sandbox), shop.wanted(scene.sandbox)
    assert shown == wanted, f"not shown: {wanted - shown}; shown instead: {shown - wanted}; the last round: {again}"
    assert shop.twins(scene.sandbox) == []
    assert shop.foreign(scene.sandbox) == before and len(before) == 2
    assert {name: again[name] for name in WRITES} == dict.fromkeys(WRITES, 0)
    assert (again["status"], again["in_flight"], again["is_online"]) == ("done", 0, True)
    hidden = sum(not row["allow_to_sell"] for row in scene.sandbox.evotor.products(seed.STORE_ID))
    # Beside what is shown: what is not for sale now, unless it never was; and the one made by hand. What was to be
    # deleted is deleted.
    living, seen = len(scene.sandbox.vk.items(seed.VK_GROUP_ID)) - 1, sum(shop.shown(scene.sandbox).values())
    assert seen <= living <= seen + hidden
    assert (again["confirmed"], again["drift"]) == (seen, 0)
