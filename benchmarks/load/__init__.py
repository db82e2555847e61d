"""The load process, which repeats one request over persistent connections and reports the latencies. `client` starts it."""
