"""The benchmarks themselves: what makes a run fail, what they write, and that a small one works."""

import subprocess
import sys

import pytest

from benchmarks import goods, paper
from benchmarks.__main__ import BENCHMARKS
from benchmarks.figures import Figure, told
from tests.setup.project import ROOT


@pytest.mark.parametrize(
    ("measured", "most", "exact", "verdict"),
    [
        (1.9, 2, False, "yes"),
        (2.1, 2, False, "no"),
        (4.0, 2, False, "no"),
        (4.1, 2, False, "FAILS"),
        (0, 0, True, "yes"),
        (1, 0, True, "FAILS"),
        (181, 180, True, "FAILS"),
        (99, None, False, ""),
    ],
)
def test_a_run_fails_above_twice_a_figure_and_what_is_counted_at_once(measured, most, exact, verdict):
    figure = Figure("x", measured, "s", most, exact=exact)
    assert figure.verdict == verdict
    assert figure.fails == (verdict == "FAILS")


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (0.0123, "0.0123"), (1.2345, "1.23"), (54321, "54 321"), (123.4, "123")]
)
def test_a_number_shows_the_digits_that_count(number, text):
    assert told(number, "") == text


def test_a_table_replaces_its_own_and_no_other():
    before = "# A\n<!-- sqlite x -->\nold\n<!-- /sqlite x -->\n<!-- mariadb x -->\nkept\n<!-- /mariadb x -->\n"
    after = paper.put(before, "sqlite x", paper.table([Figure("Чай", 1.5, "s", 1, "a \\1 b")]))
    assert "old" not in after and "kept" in after
    assert "| Чай | 1.50 s | 1 s | no | a \\1 b |" in after
    assert paper.put(after, "sqlite x", "old") == before
    with pytest.raises(ValueError, match="no marks"):
        paper.put(before, "sqlite y", "")


def test_the_paper_has_a_place_for_every_benchmark_on_both_databases():
    text = paper.PAPER.read_text(encoding="utf-8")
    for name in BENCHMARKS:
        for database in ("sqlite", "mariadb"):
            assert paper.put(text, f"{database} {name}", "made") != text


def test_goods_are_the_same_every_time_and_no_two_alike():
    first, again = (list(goods.products("x", 60)) for _ in range(2))
    assert first == again
    assert len({row["id"] for row in first}) == len({row["name"] for row in first}) == 60
    assert {row["parent_id"] for row in first} == {goods.group("x", number)["id"] for number in range(goods.groups(60))}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["catalog", "urgent", "pages"])
@pytest.mark.xdist_group("benchmarks")
def test_a_small_run_works_and_leaves_the_paper_alone(name):
    before = paper.PAPER.read_bytes()
    command = [sys.executable, "-m", "benchmarks", "--small", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"### {BENCHMARKS[name].title}" in done.stdout
    assert paper.PAPER.read_bytes() == before


def test_an_unknown_name_is_told():
    done = subprocess.run([sys.executable, "-m", "benchmarks", "nothing"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no benchmark nothing" in done.stderr
