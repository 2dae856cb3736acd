"""The rules of contributions, pure: no I/O.

months.py   months of contribution: what is asked, in which order it is answered
"""
