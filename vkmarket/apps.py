from django.apps import AppConfig


class VkMarketConfig(AppConfig):
    name = "vkmarket"
    verbose_name = "Товары ВК"
