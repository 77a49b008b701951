"""What a benchmark found, beside what it should be."""

from collections.abc import Callable
from dataclasses import dataclass

# A run fails only above so many times a figure: machines differ, and have neighbours.
SLACK = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `most` is what it should be at most, None where nothing was said of it.

    `exact` is for what no slow machine excuses, such as rows that must not be written.
    """

    what: str
    measured: float
    unit: str = ""
    most: float | None = None
    note: str = ""
    exact: bool = False

    @property
    def reached(self) -> bool:
        return self.most is None or self.measured <= self.most

    @property
    def fails(self) -> bool:
        if self.most is None:
            return False
        return self.measured > self.most * (1 if self.exact else SLACK)

    @property
    def verdict(self) -> str:
        if self.most is None:
            return ""
        return "yes" if self.reached else "FAILS" if self.fails else "no"

    def cells(self) -> list[str]:
        most = "" if self.most is None else told(self.most, self.unit)
        return [self.what, told(self.measured, self.unit), most, self.verdict, self.note]


def told(number: float, unit: str) -> str:
    """A number as a person reads it: three digits that count."""
    if number == int(number) or abs(number) >= 100:
        text = f"{number:,.0f}".replace(",", " ")
    else:
        text = f"{number:.2f}" if abs(number) >= 1 else f"{number:.3g}"
    return f"{text} {unit}".strip()


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`run(stage)` measures."""

    name: str
    title: str
    run: Callable[..., list[Figure]]
