"""How an operation ends: waited for, expected, and looked for in the log."""

from deploy.demo.stage import Stage, expect
from lienthong.client import Asking, Operation, OperationState

WAIT_S = 20.0


def ended(
    stage: Stage,
    agency: str,
    accepted: Operation,
    state: OperationState = OperationState.COMPLETED,
    *,
    asking: Asking | None = None,
) -> Operation:
    """The operation at its end, which must be ``state``; both answers must be in the log."""
    stage.answered(agency, accepted.receipt)
    done = stage.client(agency).wait(accepted.operation_id, timeout_s=WAIT_S, asking=asking or Asking())
    stage.answered(agency, done.receipt)
    expect(done.state, state, "how the operation ended")
    return done
