"""Cards drawn ahead are those that are asked for, and nobody waits for the others."""

import threading

import pytest

from vkmarket import cards
from vkmarket.studio import Studio


@pytest.fixture
def drawn(monkeypatch):
    """What was drawn, and by which thread."""
    made: list[tuple] = []

    def draw(name, color, place=None):
        made.append((name, color, place, threading.current_thread().name))
        if name == "?":
            raise OSError("no font")
        return f"{name} {color} {place}".encode()

    monkeypatch.setattr(cards, "draw", draw)
    return made


def test_a_card_that_was_begun_is_not_drawn_again(drawn):
    studio = Studio()
    studio.begin([("Чай", "#111111", 0), ("Кофе", "#111111", 1)])
    assert studio.draw("Чай", "#111111", 0) == "Чай #111111 0".encode()
    assert studio.draw("Кофе", "#111111", 1) == "Кофе #111111 1".encode()
    assert len(drawn) == 2 and all(thread.startswith("cards") for *_card, thread in drawn)


@pytest.mark.parametrize("card", [("Чай", "#111111", 1), ("Чай", "#222222", 0), ("Мёд", "#111111", 0)])
def test_another_card_is_drawn_when_it_is_asked_for(drawn, card):
    studio = Studio()
    studio.begin([("Чай", "#111111", 0)])
    name, color, place = card
    assert studio.draw(*card) == f"{name} {color} {place}".encode()


def test_two_goods_of_one_name_have_a_card_each(drawn):
    studio = Studio()
    studio.begin([("Чай", "#111111", 0)] * 2)
    assert studio.draw("Чай", "#111111", 0) == studio.draw("Чай", "#111111", 0)


def test_what_was_begun_before_is_kept_where_it_is_still_wanted(drawn):
    studio = Studio()
    studio.begin([("Чай", "#111111", 0), ("Мёд", "#111111", 1)])
    studio.begin([("Чай", "#111111", 0)])
    studio.draw("Чай", "#111111", 0)
    assert [name for name, *_rest in drawn].count("Чай") == 1


def test_a_card_that_cannot_be_drawn_fails_whoever_asks_for_it(drawn):
    studio = Studio()
    studio.begin([("?", "#111111", 0)])
    with pytest.raises(OSError, match="no font"):
        studio.draw("?", "#111111", 0)


def test_a_studio_that_is_dropped_leaves_no_thread(drawn):
    studio = Studio()
    studio.begin([("Чай", "#111111", 0)])
    studio.draw("Чай", "#111111", 0)
    threads = list(studio._pool._threads)
    assert threads
    del studio
    for thread in threads:
        thread.join(timeout=5)
        assert not thread.is_alive()
