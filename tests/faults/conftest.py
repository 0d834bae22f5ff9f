"""Fixtures of the rooms that the proofs here stand on; the gateway in this process before a
hostile provider; an admin who is signed in; a disk that can be filled."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from brains.tests.conftest import (  # noqa: F401
    _nothing_is_live,
    database,
    warnings,
    watch,
)
from gateway.tests.conftest import (  # noqa: F401
    PROVIDER_KEY,
    alive,
    client,
    deadlines,
    gateway,
    quick,
    records,
    ring,
    serve,
)
from providers.registry import Registry
from providers.shipped import named, openrouter
from tests.faults.provider import Provider
from tests.faults.small_disk import NoMount, SmallDisk, small_disk
from tests.own_database import OwnDatabase
from tests.ports import free_port


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider on plain sockets; set its `script`."""
    with Provider() as provider:
        yield provider


@pytest.fixture
def registry(provider: Provider) -> Registry:
    """That provider for all models, but `gone/...`: there nobody listens."""
    nobody = f"http://127.0.0.1:{free_port()}/v1"
    both = openrouter(provider.url, PROVIDER_KEY), named("gone", nobody, PROVIDER_KEY)
    return Registry({each.name: each for each in both})


@pytest.fixture
def admin(database: OwnDatabase) -> Client:  # noqa: F811
    """A superuser's browser, on a SQLite file of this test's own."""
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.create_superuser("ann"))
    return browser


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of 2 MB, to be filled."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        with small_disk(folder) as disk:
            yield disk
    except NoMount as reason:
        pytest.skip(str(reason))
