from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from vkmarket.items import Item
from vkmarket.plan import Change, Kind, Wish, diff, guard, next_step
from vkmarket.reasons import Alarm, Block, Lane, Reason

TEA = Item("Чай чёрный", "Чай чёрный, 100 г", Decimal("120.00"), category_id=10, stock=5, photo="card:1", album=1)


def planned(wanted: Item, sent: Item | None, **wish) -> Change | None:
    changes = diff({1: Wish(wanted, **wish)}, {} if sent is None else {1: sent}).changes
    return changes[0] if changes else None


def test_price_change_is_an_update_of_the_price_alone():
    dearer = replace(TEA, price=Decimal("135.00"))
    change = planned(dearer, TEA)
    assert change == Change(Kind.UPDATE, 1, before=TEA, after=dearer)
    assert change.fields == {"price": (Decimal("120.00"), Decimal("135.00"))}
    assert str(change) == "update Чай чёрный: price 120.00 -> 135.00"


def test_what_vk_has_needs_nothing():
    assert planned(TEA, TEA) is None


def test_a_hidden_wish_is_never_created():
    assert planned(replace(TEA, visible=False), None) is None


def test_hiding_is_asked_for_whatever_else_differs():
    gone = replace(TEA, visible=False, price=Decimal(1))
    change = planned(gone, TEA)
    assert (change.kind, next_step(change).lane, next_step(change).fields) == (Kind.HIDE, Lane.HIDE, ("visible",))


def test_a_hidden_item_is_left_alone_until_it_is_shown_again():
    hidden = replace(TEA, visible=False)
    assert planned(replace(hidden, price=Decimal(1)), hidden) is None
    assert planned(TEA, hidden).kind == Kind.UNHIDE


def test_deleting_is_for_whom_the_merchant_opted_in():
    assert planned(replace(TEA, visible=False), TEA, delete=True).kind == Kind.DELETE


def test_picture_and_album_are_calls_of_their_own_and_come_last():
    wanted = replace(TEA, price=Decimal(1), photo="card:2", album=2)
    lanes, sent = [], TEA
    while change := planned(wanted, sent):
        step = next_step(change)
        lanes.append(step.lane)
        sent = replace(sent, **{name: getattr(wanted, name) for name in step.fields})
    assert lanes == [Lane.PRICE, Lane.PHOTO, Lane.ALBUM]


def test_sold_out_goes_before_a_price():
    change = planned(replace(TEA, stock=0, price=Decimal(1)), TEA)
    assert next_step(change).lane == Lane.SOLD_OUT < Lane.PRICE


items = st.builds(
    Item,
    name=st.sampled_from(["Чай", "Кофе", "Сахар"]),
    description=st.sampled_from(["Очень хороший товар", "Очень плохой товар"]),
    price=st.decimals(min_value="0.01", max_value="9999999.99", places=2),
    category_id=st.integers(1, 3),
    stock=st.integers(-1, 3),
    visible=st.booleans(),
    photo=st.sampled_from(["card:1", "card:2"]),
    album=st.sampled_from([None, 1, 2]),
)
keys = st.integers(1, 8)


def apply_to(market: dict[int, Item], change: Change) -> None:
    """What VK does with the calls of one change, step by step."""
    if change.kind == Kind.DELETE:
        del market[change.key]
        return
    if change.kind == Kind.CREATE:
        market[change.key] = replace(change.after, album=None)
    while next_change := planned_for(change, market[change.key]):
        step = next_step(next_change)
        market[change.key] = replace(market[change.key], **{name: getattr(change.after, name) for name in step.fields})


def planned_for(change: Change, now: Item) -> Change | None:
    changes = diff({change.key: Wish(change.after)}, {change.key: now}).changes
    return changes[0] if changes else None


@given(
    wanted=st.dictionaries(keys, st.builds(Wish, item=st.none() | items)),
    sent=st.dictionaries(keys, items),
    foreign=st.dictionaries(st.integers(100, 105), items),
)
def test_the_plan_applied_to_a_market_gives_what_was_wished(wanted, sent, foreign):
    market = dict(sent) | foreign
    plan = diff(wanted, sent)
    for change in plan.changes:
        apply_to(market, change)

    for key, wish in wanted.items():
        if wish.item and wish.item.visible:
            assert market[key] == wish.item
        elif wish.item:
            assert key not in market or not market[key].visible
    untouched = (set(sent) | set(foreign)) - {change.key for change in plan.changes}
    assert all(market[key] == (sent | foreign)[key] for key in untouched)
    assert not set(foreign) & {change.key for change in plan.changes}
    assert diff(wanted, {key: item for key, item in market.items() if key in wanted}).changes == ()


@given(wanted=st.dictionaries(keys, st.builds(Wish, item=items)), sent=st.dictionaries(keys, items))
def test_the_same_input_gives_the_same_digest(wanted, sent):
    again = dict(reversed(wanted.items()))
    assert diff(wanted, sent).digest == diff(again, sent).digest


def removals(count: int, reason: str = Reason.ABSENT) -> list[Change]:
    return [Change(Kind.HIDE, key, TEA, replace(TEA, visible=False), reason) for key in range(count)]


def test_a_third_of_the_shop_vanishing_waits_and_so_do_creates():
    verdict = guard([*removals(40), Change(Kind.CREATE, 900, None, TEA)], shown=100)
    assert set(verdict.blocked.values()) == {Block.GUARD_REMOVALS, Block.GUARD_CREATES}
    assert verdict.tripped == {"removals": {"removals": 40, "lately": 0, "shown": 100, "creates": 1}}


def test_a_few_removals_and_a_small_share_pass():
    assert guard(removals(9), shown=10).blocked == {}
    assert guard(removals(30), shown=100).blocked == {}


def test_small_plans_add_up_over_the_day():
    assert guard(removals(5), shown=60, lately={Alarm.REMOVAL: 40}).tripped


def test_what_the_merchant_chose_or_approved_does_not_count():
    assert guard(removals(40, Reason.EXCLUDED), shown=100).blocked == {}
    assert guard(removals(40), shown=100, approved=frozenset(range(40))).blocked == {}


def test_selling_out_and_losing_count_are_removals():
    sold_out = Change(Kind.UPDATE, 1, TEA, replace(TEA, stock=0))
    untracked = Change(Kind.UPDATE, 1, TEA, replace(TEA, stock=-1))
    cheaper = Change(Kind.UPDATE, 1, TEA, replace(TEA, price=Decimal(1)))
    assert (sold_out.alarm, untracked.alarm, cheaper.alarm) == (Alarm.REMOVAL, Alarm.REMOVAL, Alarm.PRICE)


def test_what_nobody_saw_raises_no_alarm_when_it_is_shown_again():
    hidden = replace(TEA, visible=False)
    for after in (replace(TEA, stock=0), replace(TEA, price=Decimal("300.00"))):
        assert Change(Kind.UNHIDE, 1, hidden, after).alarm == Alarm.NONE


def repriced(count: int, price: str) -> list[Change]:
    return [Change(Kind.UPDATE, key, TEA, replace(TEA, price=Decimal(price))) for key in range(count)]


def test_many_prices_that_move_by_more_than_half_wait_and_nothing_else_does():
    verdict = guard([*repriced(40, "59.99"), Change(Kind.CREATE, 900, None, TEA)], shown=100)
    assert set(verdict.blocked.values()) == {Block.GUARD_PRICES} and len(verdict.blocked) == 40
    assert verdict.tripped == {"prices": {"prices": 40, "lately": 0, "shown": 100}}
    assert guard(repriced(40, "1000"), shown=100).tripped
    assert guard(repriced(40, "60"), shown=100).blocked == {}
    assert guard(repriced(40, "180"), shown=100).blocked == {}


def test_a_few_prices_may_move_as_they_like():
    assert guard(repriced(9, "1"), shown=9).blocked == {}
    assert guard(repriced(20, "1"), shown=100).blocked == {}
    assert guard(repriced(20, "1"), shown=100, lately={Alarm.PRICE: 15}).tripped
