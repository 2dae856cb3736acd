"""The local stack: a private PostgreSQL, a private RabbitMQ and every process, under one folder.

    python -m deploy.local up | down | status | logs | restart      (the Makefile calls these)

Everything it writes is below the folder RUN (default ``.run``), on ports from
PORT_BASE, so several stacks live side by side. For development, tests and the
demonstration; ``deploy/README.md`` says what production does instead.
"""
