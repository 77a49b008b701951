from tests.vkmarket.sync_pages.conftest import asked, browser, community, owner, store

__all__ = ["asked", "browser", "community", "owner", "store"]
