"""Capabilities that the gateway answers from its own database."""

import asyncio
from typing import Any

from gateway.routes import Ask, Question
from gateway.upstream import MARGIN_SECONDS
from lienthong.audit.reader import AuditReader

LIST_AUDIT_ENTRIES = "vss.audit.v1.AuditQueryService/ListAuditEntries"


def local_asks(reader: AuditReader) -> dict[str, Ask]:
    """RPC name -> how it is answered here."""

    async def list_audit_entries(question: Question) -> Any:
        async with asyncio.timeout_at(question.deadline - MARGIN_SECONDS):
            return await reader.list_entries(question.request)

    return {LIST_AUDIT_ENTRIES: list_audit_entries}
