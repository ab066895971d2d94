"""A memo in Redis: a string an answer, under a name that begins with `mbegu:`."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from mbegu.asking.shared import Gone, Store
from mbegu.errors import BadInput
from mbegu.extras import needs

with needs("redis"):
    import redis
    from redis.backoff import ExponentialBackoff
    from redis.retry import Retry

BEGIN = "mbegu:"
SECONDS = 10.0  # of one call


def store(address: str, password: str | None) -> Store:
    """A database by its address, such as redis://host:6379/0; it must answer.

    Raises:
        Gone: it does not.
        BadInput: the address is none.
    """
    given: dict[str, Any] = {
        "socket_connect_timeout": SECONDS,
        "socket_timeout": SECONDS,
        "retry": Retry(ExponentialBackoff(), 3),
    }
    try:
        client: Any = redis.Redis.from_url(
            address, decode_responses=True, **given, **({"password": password} if password else {})
        )
    except ValueError as error:
        raise BadInput(f"memo: {address} is no address of Redis ({error}); write one such as redis://host:6379/0.") from None

    def read(key: str) -> str | None:
        found: str | None = client.get(BEGIN + key)
        return found

    def write(key: str, text: str) -> None:
        client.set(BEGIN + key, text)

    def keys() -> Iterator[str]:
        return (key.removeprefix(BEGIN) for key in list(client.scan_iter(f"{BEGIN}*", count=1000)))

    _or_gone(client.ping)()
    return Store(_or_gone(read), _or_gone(write), _or_gone(keys), client.close)


def _or_gone(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*given: Any) -> Any:
        try:
            return function(*given)
        except (redis.RedisError, UnicodeDecodeError) as error:
            raise Gone(" ".join(str(error).split())) from None

    return call
