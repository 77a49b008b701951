"""What the outside services have published about their APIs. It lies beside the checkout, and is not shipped."""

from pathlib import Path

import pytest
import yaml
from django.conf import settings

from tests.contract.schema import VkSchema

REFERENCE = Path(settings.BASE_DIR).parent / "shared/reference"


def folder(name: str) -> Path:
    found = REFERENCE / name
    if not found.is_dir():
        pytest.skip(f"the published schema is not beside this checkout: ../shared/reference/{name}")
    return found


@pytest.fixture(scope="session")
def schema() -> VkSchema:
    return VkSchema(folder("vk-api-schema"))


@pytest.fixture(scope="session")
def definitions() -> dict:
    """Evotor's definitions of its API v1 and of its webhooks."""
    return yaml.safe_load((folder("evotor-openapi") / "definitions.yaml").read_text())
