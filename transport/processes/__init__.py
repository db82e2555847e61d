"""Several gateway processes on one machine, which `crossgate serve --processes` forks: see `supervisor`."""
