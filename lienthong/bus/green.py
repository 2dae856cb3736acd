"""Makes this process a consumer: green threads for everything, and a driver that lets them wait.

Import it, or :mod:`lienthong.bus.consuming`, before anything that imports psycopg.
grpc does not survive in such a process: its servers time out and its clients freeze
every other green thread.
"""

import os
import sys
import warnings

TAKEN = sorted({"grpc", "psycopg"} & set(sys.modules))
if TAKEN:
    raise RuntimeError(f"{', '.join(TAKEN)} was imported before lienthong.bus.green")

os.environ["EVENTLET_NO_GREENDNS"] = "yes"
# psycopg's C way of waiting blocks the whole process. Connecting waits this way; the rest, see below.
os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"

# nameko stands on it; docs/decisions/0009 says what follows.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402 -- it reads the environment when it is imported

eventlet.monkey_patch()

from lienthong.bus import waiting  # noqa: E402 -- it imports psycopg, which is patched by now

waiting.install()
