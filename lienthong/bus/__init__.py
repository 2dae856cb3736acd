"""Contracts carried over RabbitMQ: written with the change they tell of, delivered at least once.

    envelope    what travels, and the headers and names around it
    tables      the SQL of outbox and inbox, for the migrations of every database
    outbox      how a message is written, in the transaction of what it tells
    relay       the process that publishes an outbox (``python -m lienthong.bus.relay``)
    topology    which exchanges and queues there are, derived from the contracts
    declaring   makes them, and names what differs
    handling, inbox, consuming   how a message is carried out once
    channel     the same contracts asked as if over gRPC

Nothing here imports grpc, except ``channel``: consumers run under eventlet, which grpc does not survive.
"""
