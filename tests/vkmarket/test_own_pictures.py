"""The merchant's own pictures and texts, from the form to the showcase, over real HTTP."""

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from catalog.models import CachedGroup, CachedProduct
from evosync.base import clock
from tests.factories import CachedGroupFactory, CachedProductFactory
from vkmarket import own_pictures
from vkmarket.pictures import BadPicture

pytestmark = pytest.mark.django_db(transaction=True)
RED, GREEN, BLUE = (200, 30, 30), (20, 160, 60), (20, 40, 200)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path / own_pictures.FOLDER


def png(color) -> bytes:
    file = BytesIO()
    Image.new("RGB", (500, 500), color).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def color_of(sandbox, shop):
    """Which of the three colours is in the middle of the picture that VK shows of a product; None: another one."""

    def look(title: str) -> tuple[int, int, int] | None:
        (item,) = (item for item in shop.visible() if item["title"] == title)
        image = Image.open(BytesIO(sandbox.vk.pictures[str(item["photos"][0]["id"])])).convert("RGB")
        pixel = image.getpixel((image.width // 2, image.height // 2))
        near = [c for c in (RED, GREEN, BLUE) if all(abs(a - b) <= 12 for a, b in zip(pixel, c, strict=True))]
        return near[0] if near else None

    return look


def test_own_text_and_picture_reach_vk_and_leave_it_again(shop, sync, color_of, writes):
    shop.put("Чай чёрный", description="Что написано на кассе.")
    sync()
    product = CachedProduct.objects.get()
    assert color_of("Чай чёрный") is None
    product.own_text, product.own_picture = "Собран вручную на склонах Мацесты.", own_pictures.keep(png(RED))
    product.save()
    sync()
    (item,) = shop.visible()
    assert item["description"] == "Собран вручную на склонах Мацесты."
    assert color_of("Чай чёрный") == RED
    writes()
    sync()
    assert writes() == []
    CachedProduct.objects.update(own_text="", own_picture="")
    sync()
    (item,) = shop.visible()
    assert (item["description"], color_of("Чай чёрный")) == ("Что написано на кассе.", None)


def test_a_refresh_leaves_what_the_merchant_gave(shop, sync):
    product = shop.put("Чай чёрный")
    sync()
    CachedProduct.objects.update(own_text="Собран вручную на склонах.", own_picture=own_pictures.keep(png(RED)))
    shop.remove(product)
    shop.put("Чай чёрный", price="150.00", uuid=product, id=product)
    sync()
    assert CachedProduct.objects.exclude(own_text="").exclude(own_picture="").exists()


def test_a_product_created_anew_keeps_its_text_and_picture(sandbox, shop, sync, color_of, writes):
    tea = shop.put("Чай чёрный")
    sync()
    CachedProduct.objects.update(own_text="Собран вручную на склонах.", own_picture=own_pictures.keep(png(RED)))
    sync()
    sandbox.evotor.recreate(shop.store, tea)
    writes()
    for _until_it_is_proven in range(3):
        sync()
    assert writes() == []
    assert (shop.visible()[0]["description"], color_of("Чай чёрный")) == ("Собран вручную на склонах.", RED)
    assert CachedProduct.objects.filter(absent_since=None).get().own_picture


def test_the_nearest_picture_wins(sandbox, shop, sync, color_of):
    with_own, with_evotors, with_none = (shop.put(name) for name in ("Чай чёрный", "Кофе молотый", "Какао с мёдом"))
    sandbox.evotor.put_image(shop.store, with_evotors, png(GREEN))
    sync()
    group = CachedGroupFactory(store=CachedProduct.objects.first().store, own_picture=own_pictures.keep(png(BLUE)))
    CachedProduct.objects.update(parent_id=group.evotor_id)
    CachedProduct.objects.filter(evotor_id=with_own).update(own_picture=own_pictures.keep(png(RED)))
    sync(refresh=False)
    assert [color_of(name) for name in ("Чай чёрный", "Кофе молотый", "Какао с мёдом")] == [RED, GREEN, BLUE]
    assert with_none


def test_a_picture_whose_file_is_gone_keeps_the_item_as_it_is(shop, sync, color_of, media):
    shop.put("Чай чёрный")
    sync()
    CachedProduct.objects.update(own_picture=own_pictures.keep(png(RED)))
    sync()
    CachedProduct.objects.update(own_picture="0" * 32 + ".jpg")
    outcome = sync()
    assert (outcome.failed, color_of("Чай чёрный")) == (0, RED)


def test_what_is_kept_is_a_new_jpeg_and_nothing_else(media):
    file = BytesIO()
    Image.new("RGB", (3000, 900), RED).save(file, "PNG", pnginfo=None)
    name = own_pictures.keep(file.getvalue() + b"<script>alert(1)</script>")
    content = (media / name).read_bytes()
    image = Image.open(BytesIO(content))
    assert (image.format, image.size) == ("JPEG", (1600, 480))
    assert b"script" not in content and own_pictures.read(name) == content


@pytest.mark.parametrize("content", [b"", b"<svg></svg>", b"\x89PNG\r\n\x1a\n" + b"0" * 100])
def test_what_is_no_picture_is_refused_and_not_kept(content, media):
    with pytest.raises(BadPicture):
        own_pictures.keep(content)
    assert not media.exists()


def test_files_that_no_row_names_are_dropped_after_a_day(media, monkeypatch):
    names = [own_pictures.keep(png(color)) for color in (RED, GREEN, BLUE)]
    CachedProductFactory(own_picture=names[0])
    CachedGroupFactory(own_picture=names[1])
    assert own_pictures.drop_unused() == 0
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=2))
    assert own_pictures.drop_unused() == 1
    assert sorted(path.name for path in media.iterdir()) == sorted(names[:2])
    CachedGroup.objects.update(own_picture="")
    assert own_pictures.drop_unused() == 1
