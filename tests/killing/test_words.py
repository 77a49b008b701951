"""What `make torture` is asked for: nonsense is refused before anything begins."""

import pytest

from .__main__ import main


@pytest.mark.parametrize("words", [["--kills", "0"], ["--items", "-1"], ["--items", "5k"]])
def test_nonsense_is_refused(words, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["torture", *words])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert repr(words[-1]) in capsys.readouterr().err
