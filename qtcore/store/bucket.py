"""A store below a prefix of an object store: S3 and what speaks its protocol, GCS, Azure.

Needs the extra `object-store` (obstore). A put is atomic there, and put-if-absent and swap are
conditional requests (If-None-Match, If-Match) that the service itself decides.
"""

import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    GenericError,
    PreconditionError,
)
from obstore.store import from_url

from qtcore.errors import InputError, UnreachableStoreError
from qtcore.store.place import NOTHING, ROOT_METADATA, Place, Stat

if TYPE_CHECKING:
    import zarr


ATTEMPTS = 6
"""How often a request is sent before it counts as failed; obstore's own repetitions within each
(on answers 5xx) come on top."""

FIRST_PAUSE = 0.2
"""Seconds before the second attempt; doubled each time, with up to as much again at random, so
that a thousand workers do not come back at once."""

REQUEST_TIME = "30s"
"""So long may one request take, connecting included; then it is sent again."""

TOGETHER = 8
"""Requests of one process under way at once."""

CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_REGION, and AWS_ENDPOINT_URL for "
    "a service other than Amazon's)",
    "gs": "GOOGLE_SERVICE_ACCOUNT or GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
"""Scheme of a URL → environment variables that hold what the service asks for."""

NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "bucket does not exist")
"""By these words services say that there is no such bucket, rather than no such object in it."""

ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT")

Answer = TypeVar("Answer")


class Bucket(Place):
    """A prefix of a bucket.

    Parameters
    ----------
    url : str
        Such as `s3://bucket/folder/run.zarr`. Endpoint, region and credentials come from the
        environment (AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, …).

    Raises
    ------
    InputError
        If the URL names no bucket or no folder in it, or the environment contradicts itself.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        scheme, _, rest = self._url.partition("://")
        bucket, _, prefix = rest.partition("/")
        if scheme not in CREDENTIALS or not bucket or not prefix:
            raise InputError(
                f"a store in an object store is named like s3://bucket/name.zarr "
                f"({', '.join(f'{s}://' for s in CREDENTIALS)} are allowed), got {url!r}"
            )
        self._scheme = scheme
        _refuse_secrets_in_endpoints()
        try:
            self._store = _connect(self._url, {})
        except BaseError as error:
            raise InputError(self._refused(error)) from error

    def __str__(self) -> str:
        return self._url

    @property
    def address(self) -> str:
        """The URL."""
        return self._url

    @property
    def name(self) -> str:
        """Last part of the URL."""
        return self._url.rpartition("/")[2]

    def sibling(self, name: str) -> "Bucket":
        """Return the prefix of that name beside this one."""
        return Bucket(f"{self._url.rpartition('/')[0]}/{name}")

    def zarr_store(self) -> "zarr.storage.ObjectStore[Any]":
        """Return the prefix as Zarr opens it."""
        import zarr

        return zarr.storage.ObjectStore(self._store)

    def get(self, key: str, most: int | None = None) -> bytes | None:
        """Return an object, or None if it does not exist."""
        try:
            return self._patiently(lambda: self._read(key, most))
        except FileNotFoundError:
            return None

    def _read(self, key: str, most: int | None) -> bytes:
        if most == 0:
            obstore.head(self._store, key)
            return b""
        found = obstore.get(self._store, key)
        if most is not None and found.meta["size"] > most:  # as much as shows that
            return bytes(obstore.get_range(self._store, key, start=0, length=most))
        return bytes(found.bytes())

    def get_part(self, key: str, start: int, length: int) -> bytes | None:
        """Return a part of an object with a Range request."""
        try:
            if start < 0:
                size = self._patiently(lambda: obstore.head(self._store, key))["size"]
                start = max(0, size + start)
            return self._patiently(
                lambda: bytes(obstore.get_range(self._store, key, start=start, length=length))
            )
        except FileNotFoundError:
            return None

    def put(self, key: str, content: bytes) -> None:
        """Write an object; repeating it is harmless."""
        self._patiently(lambda: obstore.put(self._store, key, content, use_multipart=False))

    def get_each(self, keys: Sequence[str], most: int) -> list[bytes | None]:
        """Return several objects, some at a time."""
        with ThreadPoolExecutor(TOGETHER) as threads:
            return list(threads.map(lambda key: self.get(key, most), keys))

    def get_parts(self, parts: Sequence[tuple[str, int, int]]) -> list[bytes | None]:
        """Return several parts of objects, some at a time."""
        with ThreadPoolExecutor(TOGETHER) as threads:
            return list(threads.map(lambda part: self.get_part(*part), parts))

    def put_all(self, objects: Mapping[str, bytes]) -> None:
        """Write several objects, some at a time."""
        with ThreadPoolExecutor(TOGETHER) as threads:
            list(threads.map(self.put, objects, objects.values()))

    def put_if_absent(self, key: str, content: bytes) -> bool:
        """Write an object with If-None-Match."""
        return self._put_on_condition(key, content, "create")

    def swap(self, key: str, old: bytes, new: bytes) -> bool:
        """Replace an object with If-Match on the version that was seen to be `old`."""
        try:
            seen = self._patiently(lambda: obstore.get(self._store, key))
            if bytes(seen.bytes()) != old:
                return False
        except FileNotFoundError:
            return False
        return self._put_on_condition(key, new, {"e_tag": seen.meta["e_tag"]})

    def _put_on_condition(
        self, key: str, content: bytes, mode: Literal["create"] | dict[str, Any]
    ) -> bool:
        try:
            self._patiently(lambda: obstore.put(self._store, key, content, mode=mode))  # type: ignore[arg-type]  # a dict is its UpdateVersion
        except (AlreadyExistsError, PreconditionError, FileNotFoundError):
            # An attempt whose answer got lost may have succeeded before the next was refused.
            return self.get(key) == content
        return True

    def touch(self, key: str) -> None:
        """Put an object once more unless somebody else has changed it meanwhile."""
        content = self.get(key)
        if content is not None:
            self.swap(key, content, content)

    def delete(self, key: str) -> None:
        """Remove an object."""
        self.delete_keys([key])

    def delete_keys(self, keys: list[str]) -> None:
        """Remove objects, a thousand with each request."""
        for first in range(0, len(keys), 1000):
            some = keys[first : first + 1000]
            try:
                self._patiently(lambda some=some: obstore.delete(self._store, some))  # type: ignore[misc]  # bound at once
            except FileNotFoundError:
                continue

    def delete_all(self, prefix: str) -> None:
        """Remove all objects below a prefix."""
        self.delete_keys(list(self.keys(prefix)))

    def stat(self, key: str) -> Stat | None:
        """Return size, time and version of an object."""
        try:
            meta = self._patiently(lambda: obstore.head(self._store, key))
        except FileNotFoundError:
            return None
        modified = meta["last_modified"].timestamp()
        return Stat(meta["size"], modified, f"{modified} {meta['e_tag']}")

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield key and size of every object below a prefix."""
        listed = self._patiently(
            lambda: list(obstore.list(self._store, prefix.rstrip("/") or None))
        )
        for page in listed:
            for meta in page:
                yield meta["path"], meta["size"]

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the key of every object below a prefix."""
        for key, _ in self.sizes(prefix):
            yield key

    def children(self, prefix: str) -> list[str]:
        """Return the next parts of all keys below a prefix."""
        found = self._patiently(
            lambda: obstore.list_with_delimiter(self._store, prefix.rstrip("/") or None)
        )
        paths = [*found["common_prefixes"], *(meta["path"] for meta in found["objects"])]
        return sorted(path.rstrip("/").rpartition("/")[2] for path in paths)

    def make(self, objects: Mapping[str, bytes]) -> None:
        """Put all objects, and the root metadata with If-None-Match when they are there."""
        self.put_all({key: value for key, value in objects.items() if key != ROOT_METADATA})
        if not self.put_if_absent(ROOT_METADATA, objects[ROOT_METADATA]):
            raise FileExistsError("another process has just made a store there")

    def is_vacant(self) -> bool:
        """Whether there is no root metadata here; the first request that a run sends.

        What a driver that was killed while it made a store left behind does not count: the root
        comes last, and making the store again overwrites the rest.

        Raises
        ------
        InputError
            If the service cannot be reached or refuses, with what it asks for.
        """
        # A probe that gives up soon: credentials that are missing must not cost minutes.
        probe = _connect(
            self._url, {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}, request="5s"
        )
        for pause in (FIRST_PAUSE, 2 * FIRST_PAUSE, 0.0):
            try:
                found = obstore.list_with_delimiter(probe)["objects"]
            except (BaseError, OSError) as error:
                refusal = error
                if self._lacks_its_bucket(error):
                    break
                time.sleep(pause)
            else:
                return not any(meta["path"] == ROOT_METADATA for meta in found)
        raise InputError(self._refused(refusal))

    @staticmethod
    def _lacks_its_bucket(error: Exception) -> bool:
        return any(code in str(error) for code in NO_BUCKET)

    def _refused(self, error: Exception) -> str:
        if self._lacks_its_bucket(error):
            bucket = self._url.partition("://")[2].partition("/")[0]
            where = os.environ.get("AWS_ENDPOINT_URL") if self._scheme == "s3" else ""
            return (
                f"{self} cannot be used: there is no bucket named {bucket}"
                f"{f' at {where}' if where else ''}. Make it, or correct its name, the endpoint or "
                "the region"
            )
        variables = CREDENTIALS[self._scheme]
        first = variables.split()[0]
        missing = f" ({first} is not set)" if first not in os.environ else ""
        return (
            f"{self} cannot be reached: {_in_a_line(error)}. Credentials are read from the "
            f"environment, here and on every worker: {variables}{missing}"
        )

    def refuse_if_unwritable(self, folders: Iterable[str]) -> None:
        """Do nothing: whoever may put one object below a prefix may put all."""

    def remove_if(self, condition: Callable[[Place], bool]) -> bool:
        """Ask, and remove the root first: without it there is no store."""
        if not condition(self):
            return False
        self.delete(ROOT_METADATA)
        self.delete_all("")
        return True

    def clean(self) -> int:
        """Do nothing: an object exists complete or not at all."""
        return 0

    def what_is_there(self) -> str:
        """Say in words what is here instead of a store."""
        return NOTHING

    def _patiently(self, request: Callable[[], Answer]) -> Answer:
        """Send a request again when the service fails; pause longer each time."""
        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return request()
            except GenericError as error:  # answers 5xx, time-outs, connections that break
                if self._lacks_its_bucket(error):
                    raise UnreachableStoreError(self._refused(error)) from error
                if attempt == ATTEMPTS:
                    raise UnreachableStoreError(
                        f"{self._refused(error)}; tried {ATTEMPTS} times"
                    ) from error
            except FileNotFoundError as error:
                if self._lacks_its_bucket(error):
                    raise UnreachableStoreError(self._refused(error)) from error
                raise
            except (AlreadyExistsError, PreconditionError):
                raise
            except BaseError as error:  # what is refused now is refused again
                raise UnreachableStoreError(self._refused(error)) from error
            time.sleep(pause * (1 + random.random()))
            pause *= 2
        raise AssertionError("unreachable")


def _refuse_secrets_in_endpoints() -> None:
    """Refuse an address with a password in it: every message about the service would print it."""
    for name in ENDPOINTS:
        if "@" in os.environ.get(name, ""):
            raise InputError(
                f"{name} holds a user name or password (before the @), which messages and logs "
                "would repeat; leave it out of the address and set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY"
            )


def _connect(url: str, retries: dict[str, Any], request: str = REQUEST_TIME) -> Any:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", os.environ.get("AWS_ENDPOINT", ""))
    options: dict[str, Any] = {
        "timeout": request,
        "connect_timeout": "5s",
        # An endpoint that the user wrote with http:// is meant so.
        "allow_http": endpoint.startswith("http://"),
    }
    budget: dict[str, Any] = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
    return from_url(url, client_options=options, retry_config={**budget, **retries})  # type: ignore[call-overload]  # its overloads are per scheme


def _in_a_line(error: Exception) -> str:
    """Return what an error of obstore says before it prints its own innards."""
    first = str(error).partition("\n")[0].strip()
    return first[:300]
