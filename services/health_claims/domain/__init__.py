"""The rules of health-insurance cards, pure: no I/O.

benefit/        what the fund pays for a visit, and why
coverage.py     the portal's result code from records, a request and a day
employment.py   which cards the people whom employers declared must have
"""
