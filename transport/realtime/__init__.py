"""Operations with several results: subscriptions over WebSockets and server-sent events. The shared core is `streams.Streams`.

streams    runs an operation, yields its results, and tracks the connections that stay open
websocket  GraphQL over WebSocket (`graphql-transport-ws`)
sse        GraphQL over server-sent events
"""
