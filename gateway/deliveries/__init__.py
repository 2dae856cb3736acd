"""Scheduled deliveries: subscriptions, the worker that makes deliveries, and how they are read.

periods       when a month closes
rows          subscriptions and deliveries out of the database
answering     the contract's DeliveriesService, in the gateway's workers
figures       published figures of a service as files
evidence      the manifest, and the entry of the access log
making        one delivery in one transaction
worker        again and again: ``python -m gateway.deliveries``
"""
