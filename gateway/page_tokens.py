"""The token of a list's next page: the id of the last row shown. It is no permission: every page has the list's own rule."""

import base64
import binascii
from uuid import UUID

from lienthong.rpc.errors import FieldViolation, InvalidArgument


def token_of(last: UUID) -> str:
    """The token with which the rows after this one are asked for."""
    return base64.urlsafe_b64encode(last.bytes).decode()


def last_of(token: str) -> UUID | None:
    """The row that was shown last; None for the first page. Raises ``InvalidArgument`` for a token that is not ours."""
    if not token:
        return None
    try:
        return UUID(bytes=base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise InvalidArgument(FieldViolation("page_token", "is not a token of this list")) from None
