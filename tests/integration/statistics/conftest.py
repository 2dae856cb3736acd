from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.cubes import SECRET, Cubes, cubes_of


@pytest.fixture
def cubes(stack_variable: Callable[[str], str]) -> Iterator[Cubes]:
    """Contributions in a schema of their own, nothing counted yet."""
    with cubes_of(stack_variable) as found:
        yield found


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """The file of the tests' secret."""
    path = tmp_path / "statistics.hex"
    path.write_text(SECRET.hex())
    return path
