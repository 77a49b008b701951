from django.db import migrations, models

NEW_TOKEN = "установите приложение на кассу заново и вставьте новый токен."
FAULTS = [
    ("", "Ошибок нет"),
    ("token", "Токен не принят. Подключите сервис заново."),
    ("community_token", "Это токен сообщества. Нужен токен человека: его администратора или редактора."),
    ("forbidden", "У приложения или у человека нет прав. Проверьте права и подключите сервис заново."),
    (
        "no_products",
        "У приложения нет права читать товары (product:read). Отметьте его у приложения на dev.evotor.ru, " + NEW_TOKEN,
    ),
    (
        "no_groups",
        "У приложения нет права читать группы товаров (product-group:read). Отметьте его у приложения на "
        "dev.evotor.ru, " + NEW_TOKEN,
    ),
    (
        "no_catalog",
        "У приложения нет прав читать товары и группы товаров (product:read, product-group:read). Отметьте их у "
        "приложения на dev.evotor.ru, " + NEW_TOKEN,
    ),
    ("no_community", "Сообщество не найдено. Проверьте его номер."),
    ("not_editor", "Вы не администратор и не редактор этого сообщества."),
    ("market_off", "В сообществе выключен раздел «Товары». Включите его: Управление → Разделы → Товары."),
    (
        "community_closed",
        "Сообщество удалено или заблокировано ВКонтакте. Восстановите его там или подключите другое.",
    ),
    ("community_taken", "Это сообщество уже подключено другим пользователем."),
    ("human_check", "ВКонтакте просит подтвердить, что вы не робот. Войдите во ВКонтакте и повторите."),
    ("unavailable", "Сервис не отвечает. Мы повторим попытку сами."),
    ("bad_answer", "Сервис ответил непонятно. Мы повторим попытку сами."),
    ("refused", "Сервис отклонил запрос."),
    ("not_connected", "Сервис не подключён."),
]


class Migration(migrations.Migration):
    dependencies = [
        ("vkmarket", "0012_community_token"),
    ]

    operations = [
        migrations.AlterField(
            model_name="match",
            name="answer",
            field=models.CharField(
                choices=[
                    ("open", "ждёт ответа"),
                    ("take", "взять под управление"),
                    ("leave", "оставить как есть"),
                    ("unclear", "похож на несколько"),
                ],
                default="open",
                max_length=8,
                verbose_name="ответ",
            ),
        ),
        migrations.AlterField(
            model_name="removal",
            name="error",
            field=models.CharField(blank=True, choices=FAULTS, default="", max_length=32, verbose_name="ошибка"),
        ),
    ]
