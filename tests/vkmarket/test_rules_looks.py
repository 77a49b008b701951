"""What a buyer reads and sees of a product: its name, its description and its picture, always legal in VK."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.vkmarket.test_rules import SETTINGS, TEA
from vkmarket.rules import judge


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"name": "Я"}, "Я, Чай"),
        ({"name": "Чай"}, "Чай, шт"),
        ({"name": "Чай", "article_number": "77"}, "Чай, арт. 77"),
        ({"name": "Ы", "group_name": "", "code": "5"}, "Ы, арт. 5"),
        ({"name": "🍵" * 160, "article_number": "А-1"}, "Чай, арт. А-1"),
        ({"name": '<b>"Тёща"</b>\r\n&amp; зять'}, '"Тёща" & зять'),
    ],
)
def test_a_short_or_odd_name_becomes_legal(change, name):
    assert judge(replace(TEA, **change), SETTINGS).name == name


def test_a_long_name_ends_with_a_whole_word():
    name = judge(replace(TEA, name="Удлинитель сетевой " * 9), SETTINGS).name
    assert name == ("Удлинитель сетевой " * 5).strip()


SHIRT = replace(
    TEA,
    name="Футболка",
    attributes_choices={"size": "m", "color": "red"},
    modification_attributes=[
        {"id": "size", "name": "Размер", "choices": [{"id": "s", "name": "S"}, {"id": "m", "name": "M"}]},
        {"id": "color", "name": "Цвет", "choices": [{"id": "red", "name": "красный"}]},
    ],
)


def test_a_modification_is_named_by_its_choices():
    assert judge(SHIRT, SETTINGS).name == "Футболка, M, красный"


def test_a_modification_keeps_its_choices_when_the_name_is_cut():
    name = judge(replace(SHIRT, name="Футболка хлопковая " * 8), SETTINGS).name
    assert name.endswith(", M, красный") and len(name) <= 100


def test_choices_that_the_till_already_wrote_are_not_repeated():
    assert judge(replace(SHIRT, name="Футболка, M, Красный"), SETTINGS).name == "Футболка, M, Красный"


def test_unknown_choices_change_nothing():
    assert judge(replace(SHIRT, attributes_choices={"size": "xxl"}), SETTINGS).name == "Футболка"


def test_a_missing_description_is_made_of_what_is_known():
    item = judge(replace(TEA, description="", article_number="77"), SETTINGS)
    assert item.description == "Чай чёрный листовой, 100 г\nАрт. 77\nРаздел: Чай\nЦена за 1 шт"


def test_a_description_of_nothing_but_a_link_is_made_anew():
    item = judge(replace(TEA, description="https://shop.ru/tea"), SETTINGS)
    assert item.description == "Чай чёрный листовой, 100 г\nРаздел: Чай\nЦена за 1 шт"


def test_a_long_description_is_capped():
    assert 3900 < len(judge(replace(TEA, description="Очень длинно. " * 1000), SETTINGS).description) <= 4000


def test_a_card_changes_with_the_name_and_the_colour_only():
    card = judge(TEA, SETTINGS).photo
    assert card.startswith("card:") and len(card) <= 80
    assert judge(replace(TEA, price=Decimal(1), quantity=None), SETTINGS).photo == card
    assert judge(replace(TEA, name="Чай зелёный"), SETTINGS).photo != card
    assert judge(TEA, replace(SETTINGS, card_color="#FF0000")).photo != card
    assert judge(TEA, replace(SETTINGS, card_color="#2f5d8a")).photo == card


def test_evotors_picture_comes_before_a_card():
    with_image = replace(TEA, image_url="https://images.example/1.png")
    photo = judge(with_image, SETTINGS).photo
    assert photo.startswith("evotor:") and len(photo) <= 80
    assert judge(replace(with_image, name="Другое имя"), SETTINGS).photo == photo
    assert judge(replace(with_image, image_url="https://images.example/2.png"), SETTINGS).photo != photo


def test_the_merchants_picture_comes_before_evotors_and_that_before_the_groups():
    grouped = replace(TEA, group_picture="group.jpg")
    assert judge(grouped, SETTINGS).photo == "own:group.jpg"
    with_image = replace(grouped, image_url="https://images.example/1.png")
    assert judge(with_image, SETTINGS).photo.startswith("evotor:")
    assert judge(replace(with_image, own_picture="tea.jpg"), SETTINGS).photo == "own:tea.jpg"


def test_the_merchants_text_comes_before_evotors():
    assert judge(replace(TEA, own_text="Собран вручную."), SETTINGS).description == "Собран вручную."
    assert judge(replace(TEA, own_text=" \n🍵"), SETTINGS).description == TEA.description
