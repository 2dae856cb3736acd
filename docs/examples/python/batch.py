"""Many people at once, asynchronously. Usage: python batch.py DIR."""

import asyncio
import sys

from lienthong.client import AsyncClient, Person

WARD = [
    Person(identifier="001190000017", full_name="Trần Thị Hồng Nhung", born="1990-05-17"),
    Person(identifier="001085000025", full_name="Nguyễn Văn Bình", born="1985-11-02"),
    Person(identifier="12", full_name="Sai số", born="1990"),
]


async def main(folder: str) -> None:
    """Print one line a person; a wrong line does not spoil the others."""
    async with AsyncClient(folder) as client:
        answer = await client.batch_check_coverage(WARD)
    for person, item in zip(WARD, answer.results, strict=True):
        if item.response is not None:
            print(person.full_name, item.response.result_code, item.response.covered)
        elif item.error is not None:
            print(person.full_name, item.error.reason, item.error.detail)


asyncio.run(main(sys.argv[1]))
