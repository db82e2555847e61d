"""Limits on what one client, and all clients together, can make the gateway do. `bounds.Bounds` checks each operation.

Per operation, before anything runs:
    bounds              depth, width, cost and number of values
    introspection_size  how many values introspection returns
    overlaps            pairs of fields that validation compares
    errors              the errors of exceeded bounds

Per client:
    peers        the network address that limits count
    quotas       token buckets, charged by the cost of each operation
    capacity     how many connections, sockets and subscriptions can be open at once

Per connection and request:
    connections  open connections, and the time clients may take to send
    deadlines    time limits of requests, with one timer for all
    body_size    the size of request bodies
"""
