import inspect

import pytest
from django.apps import apps
from factory.django import DjangoModelFactory

from tests import factories

OURS = ("accounts", "connections", "catalog", "vkmarket")
FACTORIES = [
    factory
    for _name, factory in inspect.getmembers(factories, inspect.isclass)
    if issubclass(factory, DjangoModelFactory) and factory is not DjangoModelFactory
]


@pytest.mark.django_db
@pytest.mark.parametrize("factory", FACTORIES)
def test_a_factory_makes_one_row_and_another(factory):
    first, second = factory(), factory()
    assert first.pk != second.pk
    second.refresh_from_db()
    second.validate_constraints()


def test_every_model_of_ours_has_a_factory():
    models = {model for label in OURS for model in apps.get_app_config(label).get_models()}
    assert models == {factory._meta.model for factory in FACTORIES}
