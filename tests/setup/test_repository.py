"""What must stand nowhere in the project: names of package registries, paths of somebody's machine."""

import re

import pytest

from tests.setup.project import ROOT, files

# Put together here, so that this file does not name them either.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("unpkg", "com"),
        ("jsdelivr", "net"),
        ("crates", "io"),
        ("deb", "debian", "org"),
    )
]
FORBIDDEN = re.compile(
    "|".join([*map(re.escape, REGISTRIES), r"(?<![\w.-])/(?:root|work|home/\w+)/(?=\w|\.)", r"/opt/py" + "pi"]),
    re.IGNORECASE,
)
# Pictures of the outside world's answers and our own pictures and fonts are no text.
BINARY = {".png", ".jpg", ".ttf", ".ico", ".woff2", ".gz", ".mo"}


def test_no_file_names_a_registry_or_a_path_of_a_machine():
    found = []
    for path in files():
        if path.suffix in BINARY:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if FORBIDDEN.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


@pytest.mark.parametrize("line", [f"https://{REGISTRIES[0]}/simple", "cd /" + "root/project", "see /" + "home/me/x.py"])
def test_such_a_line_would_be_seen(line):
    assert FORBIDDEN.search(line)


@pytest.mark.parametrize("line", ["GET /method/market.get", "tests/" + "work/order.py", "/app/default_product.png"])
def test_an_honest_line_is_let_be(line):
    assert not FORBIDDEN.search(line)
