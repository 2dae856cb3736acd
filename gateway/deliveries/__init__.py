"""Scheduled deliveries: subscriptions, the worker that makes deliveries, and how they are read.

periods       when a month closes
answering     the contract's DeliveriesService, in the gateway's workers
figures       published figures of a service as files
making        one delivery in one transaction
worker        again and again: ``python -m gateway.deliveries``
"""
