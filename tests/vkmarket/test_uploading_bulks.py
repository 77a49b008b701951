"""Five pictures in one upload: all of them where VK says beyond doubt which is which, else singly."""

import hashlib
import io
import json

import pytest
from PIL import Image

from connections.clients.errors import AuthenticationError, Throttled
from connections.clients.vk_calls import Ok
from sandbox import seed
from vkmarket import cards, rules, uploading
from vkmarket.photos import PhotoWish
from vkmarket.pictures import size_of
from vkmarket.uploading import Kept, Manner, NotBegun, Uploaded, prepare

from .test_uploading import COMMUNITY, Scripted, wishes


def right(sandbox, done, wished) -> bool:
    """Is the photo of each wish made from its own picture?"""
    photos = sandbox.vk.groups[seed.VK_GROUP_ID].photos
    return all(photos[outcome.photo_id]["sha"] in shas(wish) for wish, outcome in zip(wished, done, strict=True))


def shas(wish) -> set[str]:
    return {hashlib.sha256(cards.draw(wish.name, wish.color, place)).hexdigest() for place in range(5)}


@pytest.fixture
def uploads(sandbox):
    """How many files came in each upload that the host took."""
    return lambda: [len(e["params"]) - 1 for e in sandbox.journal.entries(method="upload") if e["committed"]]


def test_a_hundred_and_twenty_five_pictures_cost_two_requests(vk, sandbox, uploads, plain_cards):
    wished = wishes(125)
    done = prepare(vk, COMMUNITY, wished)
    assert [outcome.listing_id for outcome in done] == [wish.listing_id for wish in wished]
    assert len({outcome.photo_id for outcome in done}) == 125
    assert right(sandbox, done, wished)
    assert uploads() == [5] * 25
    assert vk.requests == 2


def test_real_cards_go_in_bulks_too(vk, sandbox, uploads):
    wished = wishes(27)
    done = prepare(vk, COMMUNITY, wished)
    assert right(sandbox, done, wished)
    assert sorted(uploads()) == [2, 5, 5, 5, 5, 5]
    assert vk.requests == 2


def test_up_to_twenty_five_go_singly_for_the_same_price(vk, sandbox, uploads, plain_cards):
    wished = wishes(25)
    assert right(sandbox, prepare(vk, COMMUNITY, wished), wished)
    assert uploads() == [1] * 25
    assert vk.requests == 2


def test_where_vk_tells_no_sizes_all_go_singly_and_bulks_are_not_tried_again(vk, sandbox, uploads, plain_cards):
    sandbox.vk.switches["bulk_sizes"] = False
    manner, wished = Manner(), wishes(30)
    done = prepare(vk, COMMUNITY, wished, manner=manner)
    assert right(sandbox, done, wished)
    assert uploads() == [5] * 6 + [1] * 30
    assert vk.requests == 2 + 4
    assert right(sandbox, prepare(vk, COMMUNITY, wished, manner=manner), wished)
    assert vk.requests == 6 + 4


@pytest.mark.parametrize("fault", ["html", "reset", "cut", "http"])
def test_a_bulk_that_the_host_did_not_take_goes_singly_and_the_others_as_they_are(
    vk, sandbox, uploads, plain_cards, fault
):
    sandbox.faults.add(fault, api="vk", method="upload", code=502, skip=2)
    manner, wished = Manner(), wishes(30)
    assert right(sandbox, prepare(vk, COMMUNITY, wished, manner=manner), wished)
    assert vk.requests == 4
    assert uploads().count(1) == 5
    assert manner.in_bulk


@pytest.mark.parametrize("method", ["market.getProductPhotoUploadServer", "market.saveProductPhotoBulk"])
def test_a_bulk_that_vk_refuses_goes_singly_and_is_the_last(vk, sandbox, plain_cards, method):
    sandbox.faults.add("error", api="vk", method=method, code=100, skip=3, times=1)
    manner, wished = Manner(), wishes(30)
    assert right(sandbox, prepare(vk, COMMUNITY, wished, manner=manner), wished)
    assert vk.requests == 4
    assert not manner.in_bulk


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("skip", [0, 1])
def test_a_request_about_bulks_that_gets_lost_is_made_good(vk, sandbox, plain_cards, when, skip):
    sandbox.faults.add("reset", api="vk", method="execute", when=when, skip=skip)
    wished = wishes(30)
    done = prepare(vk, COMMUNITY, wished)
    assert right(sandbox, done, wished)
    assert len({outcome.photo_id for outcome in done}) == 30


def test_what_cannot_be_had_is_kept_and_harms_no_other_of_its_bulk(vk, sandbox, uploads, plain_cards):
    gone = f"{sandbox.evotor_url}/images/none.png"
    wished = wishes(30)
    wished[7] = PhotoWish(8, "Чай", "evotor:1", gone, stand_in=False)
    wished[8] = PhotoWish(9, "Кофе", "evotor:2", gone)
    done = prepare(vk, COMMUNITY, wished)
    assert done[7] == Kept(8)
    assert done[8].source == rules.card_mark("Кофе", wished[8].color)
    assert right(sandbox, done[:7] + done[8:], wished[:7] + wished[8:])
    assert sorted(uploads()) == [4, 5, 5, 5, 5, 5]


def test_pictures_of_any_size_are_told_apart(vk, sandbox):
    sides = [(300, 300), (1700, 900), (900, 1700), (400, 400), (1000, 1000), (401, 404)]
    for number in range(30):
        image, file = Image.new("RGB", sides[number % 6], (number * 8, 255 - number * 8, 90)), io.BytesIO()
        image.save(file, "PNG")
        sandbox.evotor.pictures[str(number)] = file.getvalue()
    wished = [PhotoWish(n + 1, f"Товар {n}", f"evotor:{n}", f"{sandbox.evotor_url}/images/{n}.png") for n in range(30)]
    done = prepare(vk, COMMUNITY, wished)
    assert vk.requests == 2
    for number, outcome in enumerate(done):
        small = Image.open(io.BytesIO(sandbox.vk.pictures[str(outcome.photo_id)])).convert("RGB")
        red = small.getpixel((small.width // 2, small.height // 2))[0]
        assert abs(red - number * 8) <= 3


class Bulky:
    """A client of a VK that takes bulks; `change` the answer to the n-th save of one."""

    def __init__(self, change=lambda n, answer: answer):
        self.change, self.saves, self.ids = change, 0, 1000

    def execute(self, calls):
        return [self._answer(call) for call in calls]

    def _answer(self, call):
        if call.method == "market.getProductPhotoUploadServer":
            return Ok({"upload_url": "http://upload/bulk" if call.params.get("bulk") else "http://upload/one"})
        sizes = json.loads(call.params["upload_response"])
        saved = []
        for width, height in sizes:
            self.ids += 1
            photo = {"id": self.ids, "sizes": [{"type": "w", "width": width, "height": height}]}
            saved.append({"photo_id": self.ids, "photo": photo})
        if call.method == "market.saveProductPhoto":
            return Ok(saved[0])
        self.saves += 1
        return Ok(self.change(self.saves, saved))

    def upload(self, url, files):
        assert url.endswith("bulk" if "file1" in files else "one")
        return json.dumps([size_of(content) for content in files.values()])


def of_seven(number, answer):
    """The first photo of the first and of the third bulk is number 7."""
    if number in (1, 3):
        answer[0] = {"photo_id": 7, "photo": answer[0]["photo"] | {"id": 7}}
    return answer


def test_one_id_given_to_two_bulks_is_believed_of_neither(plain_cards):
    client, manner = Bulky(of_seven), Manner()
    done = prepare(client, COMMUNITY, wishes(30), manner=manner)
    ids = [outcome.photo_id for outcome in done]
    assert len(set(ids)) == 30 and 7 not in ids
    # Bulks save the ids up to 1030; the two that were in doubt went again.
    assert [n + 1 for n, photo_id in enumerate(ids) if photo_id > 1030] == [1, 2, 3, 4, 5, 11, 12, 13, 14, 15]
    assert not manner.in_bulk


SHAPELESS = {
    "no list": lambda answer: {"items": answer},
    "one less": lambda answer: answer[1:],
    "the same twice": lambda answer: [answer[0], *answer[:-1]],
    "no sizes": lambda answer: [{"photo_id": one["photo_id"]} for one in answer],
    "nothing": lambda answer: [],
}


@pytest.mark.parametrize("change", SHAPELESS.values(), ids=SHAPELESS)
def test_an_answer_that_leaves_a_doubt_sends_its_bulk_singly(plain_cards, change):
    client, manner = Bulky(lambda n, answer: change(answer) if n == 2 else answer), Manner()
    ids = [outcome.photo_id for outcome in prepare(client, COMMUNITY, wishes(30), manner=manner)]
    assert [n + 1 for n, photo_id in enumerate(ids) if photo_id > 1030] == [6, 7, 8, 9, 10]
    assert not manner.in_bulk


def test_without_time_only_the_first_batch_is_uploaded(vk, monkeypatch, plain_cards):
    monkeypatch.setattr(uploading, "SECONDS", 0)
    done = prepare(vk, COMMUNITY, wishes(130))
    assert [type(outcome) for outcome in done] == [Uploaded] * 25 + [NotBegun] * 105
    assert vk.requests == 2


@pytest.mark.parametrize("error", [AuthenticationError(5, "token"), Throttled(29, "cap")])
def test_what_is_about_the_account_is_raised_of_bulks_too(error):
    with pytest.raises(type(error)):
        prepare(Scripted(execute=lambda n: error), COMMUNITY, wishes(30))
