"""Opens a provider: its key from the environment, its SDK clients over one connection pool, its transport."""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any

from retake.calls.transport import Connection, Transport, TransportSettings, identity_of
from retake.errors import CallError, NotAuthorised
from retake.providers.sdk import CONNECT_TIMEOUT_S, MOST_CONNECTIONS, SdkSender

KEY_ENV = {"openai": "OPENAI_API_KEY", "claude": "ANTHROPIC_API_KEY", "vllm": "VLLM_API_KEY", "local": "LOCAL_API_KEY"}
NEEDS_KEY = ("openai", "claude")
NO_KEY = "none"
"""What servers of one's own get that ask for no key: the SDK wants some text."""

URL_ENV = {"openai": "OPENAI_BASE_URL", "claude": "ANTHROPIC_BASE_URL"}


def open_transport(settings: TransportSettings) -> Transport:
    """Return the transport for `settings`; nothing is opened, and no key looked for, before its first request."""
    return Transport(settings=settings, connect=connect)


def key_of(settings: TransportSettings) -> str | None:
    """Return the provider's key; None where a server of one's own has none.

    Raises:
        NotAuthorised: where the provider needs one and the environment has none; the variable is named.
    """
    name = settings.key_env or KEY_ENV[settings.provider]
    key = os.environ.get(name, "").strip()
    if not key and (settings.provider in NEEDS_KEY or settings.key_env):
        raise NotAuthorised(f"no key: the environment variable {name} is not set. Set it and run the same command.")
    return key or None


def connect(settings: TransportSettings) -> Connection:
    """Open one SDK client an endpoint, over one connection pool.

    Raises:
        NotAuthorised: where the key is missing.
        CallError: where a provider without an endpoint of its own is given no base_url.
    """
    key = key_of(settings)
    urls: tuple[str | None, ...] = settings.base_urls or (os.environ.get(URL_ENV.get(settings.provider, "")) or None,)
    if settings.provider not in NEEDS_KEY and urls == (None,):
        raise CallError(f"generator {settings.provider} has no endpoint: give base_url or base_urls")
    sdk, client_type = load_sdk(settings.provider)
    pool = _pool(sdk, settings.request_timeout_s)
    name = settings.key_env or KEY_ENV[settings.provider]
    senders = [
        SdkSender(
            sdk,
            client_type(api_key=key or NO_KEY, base_url=url, max_retries=0, http_client=pool),
            key,
            name,
            url is not None,
        )
        for url in urls
    ]
    identity = identity_of(settings.provider, key, tuple(url or "" for url in urls))
    return Connection(list(senders), identity, pool.aclose)


def load_sdk(provider: str) -> tuple[ModuleType, Any]:
    """Return a provider's SDK and its client's class."""
    if provider == "claude":
        import anthropic

        return anthropic, anthropic.AsyncAnthropic
    import openai

    return openai, openai.AsyncOpenAI


def _pool(sdk: Any, timeout_s: float) -> Any:
    """Return the SDK's own HTTP client over aiohttp: measured, half the CPU of its default a request."""
    import httpx2

    limits = httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
    timeout = httpx2.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S, pool=None)
    return sdk.DefaultAioHttpClient(limits=limits, timeout=timeout)
