"""One signed coverage check with the SDK. Usage: python check.py DIR ID NAME BORN."""

import sys

from lienthong.client import AnswerNotTrusted, Client, NotConfigured, Refused, Unavailable

folder, identifier, full_name, born = sys.argv[1:]

try:
    with Client(folder) as client:
        answer = client.check_coverage(identifier, full_name=full_name, born=born)
except Refused as error:
    sys.exit(f"refused: {error.reason} (request {error.request_id})")
except Unavailable as error:
    sys.exit(f"try again in {error.retry_after or 1:.0f} s")
except AnswerNotTrusted as error:
    sys.exit(f"do not use this answer: {error}")
except NotConfigured as error:
    sys.exit(f"nothing was sent: {error}")

print(answer.result_code, answer.result_text.vi)
if answer.card is not None:
    print(
        f"thẻ {answer.card.card_code}, {answer.card.benefit_percent} %, đến {answer.card.valid_to:%d/%m/%Y}"
    )
