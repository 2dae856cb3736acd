"""Identity's cubes in a schema of their own: written by the service's statement, folded with the worker's rights."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from lienthong.statistics import folding
from tests.support.cubes import schema_of
from tests.support.service_cubes import ServiceCubes


@contextmanager
def identity_cubes_of(stack_variable: Callable[[str], str]) -> Iterator[ServiceCubes]:
    """A migrated schema with nobody in it. The writer is the role of the gRPC process."""
    with (
        schema_of(stack_variable, "identity") as (owner_url, runtime_url, folder_url),
        folding.connect(folder_url, name="identity-cubes-test") as folder,
        psycopg.connect(owner_url, autocommit=True) as owner,
        psycopg.connect(runtime_url, autocommit=True) as writer,
    ):
        yield ServiceCubes(
            owner=owner, writer=writer, folder=folder, folder_url=folder_url, runtime_url=runtime_url
        )
