"""Divides a cost to the last đồng."""

from services.health_claims.domain.benefit.case import Split


def split_cost(cost_vnd: int, level_percent: int, route_percent: int) -> Split:
    """Who pays what of a cost within the fund's scope; exact integers.

    The fund pays ``cost × level × route``, rounded half up to a đồng, once, from the
    exact product. The route's part is rounded the same way; what it leaves is the
    patient's own, what remains of it is the copayment. So the parts add up, none is
    negative, and a higher level never pays less.
    """
    fund = (2 * cost_vnd * level_percent * route_percent + 10_000) // 20_000
    within_route = (2 * cost_vnd * route_percent + 100) // 200
    return Split(cost_vnd, fund, within_route - fund, cost_vnd - within_route)
