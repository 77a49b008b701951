from tests.vkmarket.sync_pages.conftest import asked, browser, community, newcomer, owner, store, stranger

__all__ = ["asked", "browser", "community", "newcomer", "owner", "store", "stranger"]
