"""Times that are given on the command line: of this machine's clock, unless they say otherwise."""

from datetime import datetime

from lienthong.cli.failures import UsageProblem


def local(moment: datetime | None) -> datetime | None:
    """With the zone of this machine; None for none. Raises UsageProblem for one that the calendar does not hold."""
    try:
        return None if moment is None else moment.astimezone()
    except (ValueError, OverflowError) as error:
        raise UsageProblem(f"{moment}: no time that can be told in UTC") from error
