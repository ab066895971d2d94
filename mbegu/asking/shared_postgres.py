"""A memo in Postgres: a row an answer, in the table `mbegu_memo`."""

from collections.abc import Iterator
from typing import Any

from mbegu.asking.shared import Gone, Store
from mbegu.errors import BadInput
from mbegu.extras import needs

with needs("postgres"):
    import psycopg

TABLE = "CREATE TABLE mbegu_memo (key text PRIMARY KEY, value text NOT NULL)"
WRITE = "INSERT INTO mbegu_memo VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value"
SECONDS = 10  # of a try to connect, and of a server that is silent


def store(address: str, password: str | None) -> Store:
    """A database by its address, such as postgresql://user@host/name; a connection that is lost is made once more.

    Raises:
        Gone: it does not answer, or refuses the user.
        BadInput: the address is none.
    """
    given: dict[str, Any] = {"password": password} if password else {}
    connection: list[Any] = []

    def connected(anew: bool) -> Any:
        if anew or not connection:
            for one in connection:
                one.close()
            connection[:] = [
                psycopg.connect(address, autocommit=True, connect_timeout=SECONDS, tcp_user_timeout=SECONDS * 1000, **given)
            ]
        return connection[0]

    def asked(query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            try:
                found = connected(False).execute(query, values or None)
            except psycopg.OperationalError:  # a server that was started again
                found = connected(True).execute(query, values or None)
            return list(found.fetchall()) if found.description else []
        except psycopg.ProgrammingError as error:
            if not connection:
                raise BadInput(
                    f"memo: {address} is no address of Postgres ({_line(error)}); write one such as postgresql://user@host/name."
                ) from None
            raise Gone(_line(error)) from None
        except psycopg.Error as error:
            raise Gone(_line(error)) from None

    def read(key: str) -> str | None:
        found = asked("SELECT value FROM mbegu_memo WHERE key = %s", key)
        return found[0][0] if found else None

    def write(key: str, text: str) -> None:
        asked(WRITE, key, text)

    def keys() -> Iterator[str]:
        return (key for (key,) in asked("SELECT key FROM mbegu_memo"))

    def close() -> None:
        for one in connection:
            one.close()

    if asked("SELECT to_regclass('mbegu_memo')") == [(None,)]:
        try:
            connected(False).execute(TABLE)
        except (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable):  # another machine was a moment earlier
            pass
        except psycopg.Error as error:
            raise Gone(_line(error)) from None
    return Store(read, write, keys, close)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
