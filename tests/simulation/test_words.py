"""What `python -m tests.simulation` is asked for: nonsense is refused before anything begins."""

import pytest

from .__main__ import main


@pytest.mark.parametrize("words", [["abc"], ["0"], ["-5"], ["5:3"], ["1:two"]])
def test_nonsense_is_refused(words, capsys):
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert repr(words[-1]) in capsys.readouterr().err
