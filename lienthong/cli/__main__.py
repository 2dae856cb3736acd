"""``python -m lienthong.cli``: the command where it is not on the path."""

from lienthong.cli import main

main()
