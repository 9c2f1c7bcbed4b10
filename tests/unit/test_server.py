import threading
from pathlib import Path

import pytest

from dbml.demo.server import cache
from dbml.errors import ServerError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def test_one_at_a_time_installs_and_the_other_says_that_it_waits(folder: Path) -> None:
    waiting = threading.Event()
    order: list[str] = []

    def second() -> None:
        with cache.installing(lambda text: waiting.set()):
            order.append("second")

    thread = threading.Thread(target=second)
    with cache.installing(order.append):
        thread.start()
        assert waiting.wait(60)
        order.append("first")
    thread.join(60)
    assert order == ["first", "second"]


def test_a_failed_installation_lets_the_next_one_in(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), cache.installing(pytest.fail):
        1 / 0  # noqa: B018
    with cache.installing(pytest.fail):
        pass


def test_a_cache_that_cannot_be_written_is_named(folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    with pytest.raises(ServerError, match=str(folder)), cache.installing(pytest.fail):
        pass
