"""Whom a command asks: the service, a gateway whose address is set, or one that is started for it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import kosdata as kd
from kosdata.errors import ArgumentError, ConfigError
from kosdata.settings import Settings
from kosdata.wire.client import Client, use

__all__ = ["NO_KEY", "client_for", "required_client", "settings_of"]

NO_KEY = (
    "There is no API key: set the environment variable KOSCOM_API_KEY (KOSCOM gives keys to companies with a "
    "contract), or add --env demo, synthetic data that need none."
)

_DEMO = {"seed": "seed", "demo_now": "now", "demo_speed": "speed"}


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return the settings that a command has: its arguments before the environment variables."""
    return Settings.from_env(**({"env": arguments.env} if arguments.env else {}))


@contextmanager
def required_client(arguments: argparse.Namespace, **changes: Any) -> Iterator[Client]:
    """Have every function ask whom the command means; the key is not missing.

    Raises
    ------
    ConfigError
        If there is no key.
    """
    settings = settings_of(arguments)
    if settings.api_key is None and settings.env != "demo":
        raise ConfigError(NO_KEY)
    with client_for(arguments, **changes) as client:
        yield client


@contextmanager
def client_for(arguments: argparse.Namespace, **changes: Any) -> Iterator[Client]:
    """Have every function ask whom the command means, with some settings changed."""
    settings = settings_of(arguments).changed(**changes)
    options = {
        name: getattr(arguments, given) for given, name in _DEMO.items() if getattr(arguments, given) is not None
    }
    if settings.env == "demo" and settings.base_url is None:
        with kd.demo(**options, settings=changes) as market:
            yield market.client
        return
    if options:
        raise ArgumentError(
            "--demo-now, --demo-speed and --seed are for --env demo, where no KOSDATA_BASE_URL names another gateway."
        )
    with Client(settings) as client:
        before = use(client)
        try:
            yield client
        finally:
            use(before)
