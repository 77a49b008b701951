"""Which photo of a bulk is whose: never a guess."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from PIL import Image

from vkmarket import cards, pictures
from vkmarket.bulks import matched, size_of

SIZES = [(800, 800), (800, 801), (640, 802), (1600, 1603), (400, 404)]


def one(photo_id, size, **more):
    return {"photo_id": photo_id, "photo": {"id": photo_id, "sizes": [box(size)]} | more}


def box(size):
    return {"type": "w", "width": size[0], "height": size[1], "url": "http://vk/1.jpg"}


def answer_to(sizes):
    return [one(100 + at, size) for at, size in enumerate(sizes)]


@given(
    st.lists(st.tuples(st.integers(400, 1604), st.integers(400, 1604)), min_size=1, max_size=5, unique=True), st.data()
)
def test_a_shuffled_answer_is_matched_by_size(sizes, data):
    answer = data.draw(st.permutations(answer_to(sizes)))
    assert matched(answer, sizes) == {size: 100 + at for at, size in enumerate(sizes)}


DAMAGE = {
    "another count": lambda answer, at: answer.pop(at),
    "one too many": lambda answer, at: answer.append(one(999, (777, 777))),
    "the same twice": lambda answer, at: answer.append(answer[at]),
    "a size that is not ours": lambda answer, at: answer.__setitem__(at, one(100 + at, (777, 777))),
    "the size of another": lambda answer, at: answer.__setitem__(at, one(100 + at, SIZES[(at + 1) % 5])),
    "turned": lambda answer, at: answer.__setitem__(at, one(100 + at, SIZES[2][::-1])),
    "no photo": lambda answer, at: answer[at].pop("photo"),
    "no sizes": lambda answer, at: answer[at]["photo"].pop("sizes"),
    "empty sizes": lambda answer, at: answer[at]["photo"].update(sizes=[]),
    "no id": lambda answer, at: answer[at].pop("photo_id"),
    "an id of text": lambda answer, at: answer[at].update(photo_id="100"),
    "the id of another": lambda answer, at: answer.__setitem__(at, one(100 + (at + 1) % 5, SIZES[at])),
    "another photo beside the id": lambda answer, at: answer[at]["photo"].update(id=555),
    "not told": lambda answer, at: answer.__setitem__(at, False),
    "a height of text": lambda answer, at: answer[at]["photo"]["sizes"][0].update(height="801"),
    "a height of True": lambda answer, at: answer[at]["photo"]["sizes"][0].update(height=True),
    "an original of another size": lambda answer, at: answer[at]["photo"].update(orig_photo=box((700, 700))),
    "a width that disagrees": lambda answer, at: answer[at]["photo"].update(width=1, height=2),
    "half a size": lambda answer, at: answer[at]["photo"].update(width=800),
    "sizes by name": lambda answer, at: answer[at]["photo"].update(sizes={"w": box(SIZES[at])}),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("at", range(5))
def test_any_doubt_is_no_match(damage, at):
    answer = answer_to(SIZES)
    damage(answer, at)
    assert matched(answer, SIZES) is None


@pytest.mark.parametrize("answer", [None, {}, {"photo_id": 1}, "", [], False, 1])
def test_what_is_no_list_of_photos_is_no_match(answer):
    assert matched(answer, SIZES) is None


@pytest.mark.parametrize(
    "photo",
    [
        {"sizes": [box((75, 75)), box((800, 803)), box((130, 130))]},
        {"sizes": [box((75, 75))], "orig_photo": box((800, 803))},
        {"sizes": [box((75, 75))], "width": 800, "height": 803},
        {"images": [box((604, 606)), box((800, 803))]},
        {"width": 800, "height": 803},
    ],
    ids=["copies", "original", "own size", "images", "own size alone"],
)
def test_the_size_of_a_photo_is_that_of_what_was_uploaded(photo):
    assert size_of(photo) == (800, 803)


def test_a_copy_made_small_is_not_taken_for_a_small_picture():
    """VK's small copy of the first has the size of the second: only the largest of each counts."""
    sizes = [(1208, 1210), (604, 605)]
    answer = [one(1, sizes[0]), one(2, sizes[1])]
    answer[0]["photo"]["sizes"].insert(0, box(sizes[1]))
    assert matched(answer, sizes) == {sizes[0]: 1, sizes[1]: 2}


@tuned(max_examples=40, deadline=None)
@given(st.tuples(st.integers(1, 1700), st.integers(1, 1700)), st.integers(0, 4))
def test_a_picture_tells_its_place_by_its_height(size, place):
    file = BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(file, "PNG")
    alone, placed = (pictures.size_of(pictures.fit(file.getvalue(), at)) for at in (None, place))
    assert placed[1] % 5 == place
    assert placed[0] == alone[0] and alone[1] <= placed[1] <= alone[1] + 4


def test_the_rows_below_are_like_the_last_one():
    image = Image.new("RGB", (400, 400), (200, 30, 30))
    taller = cards.told_apart(image, 3)
    assert taller.size == (400, 403)
    assert taller.getcolors() == [(400 * 403, (200, 30, 30))]
    assert cards.told_apart(image, 0) is image and cards.told_apart(image, None) is image


def test_cards_in_their_places_differ_in_height_alone():
    assert [pictures.size_of(cards.draw("Чай", place=place)) for place in range(5)] == [
        (800, height) for height in range(800, 805)
    ]
    assert cards.draw("Чай") == cards.draw("Чай", place=0)
