# One image for the gateway, the worker and all commands: docs/operate/containers.md.
# It runs as a user without rights, on a read-only file system. Only /data (the signing key) and /tmp are written.

FROM python:3.12-slim-bookworm AS base
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
RUN pip install uv==0.13.8

# The pages that the gateway serves: GraphiQL, the account pages and the portal kit.
FROM base AS assets
# Debian removes old versions from its archive, so a pinned one would soon not install.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends make && rm -rf /var/lib/apt/lists/*
COPY Makefile pyproject.toml uv.lock crossgate ./
RUN make set-up
COPY schema/schema.graphql schema/schema.graphql
COPY clients/typescript clients/typescript
COPY portal portal
RUN make assets

# The packages that the gateway imports, from the lock file.
FROM base AS packages
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --compile-bytecode

FROM python:3.12-slim-bookworm
LABEL org.opencontainers.image.title="Crossgate" \
      org.opencontainers.image.description="A GraphQL gateway with fine-grained authorization"
WORKDIR /app
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin crossgate \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data \
    && printf '#!/bin/sh\nexec python -m commands "$@"\n' > /usr/local/bin/crossgate \
    && chmod 0755 /usr/local/bin/crossgate
COPY --from=packages /app/.venv .venv
COPY address.py builtin_types.py choices.py described_enum.py email_address.py plain_words.py server.py settings.py worker.py ./
COPY commands commands
COPY models models
COPY policies policies
COPY resolvers resolvers
COPY schema schema
COPY telemetry telemetry
COPY transport transport
COPY docs/policy/policy-matrix.html docs/policy/policy-matrix.html
COPY portal/documents portal/documents
COPY --from=assets /app/portal/dist portal/dist
COPY --from=assets /app/portal/kit/dist portal/kit/dist
ENV PATH="/app/.venv/bin:$PATH" PYTHONPATH=/app
RUN python -m compileall -q -x '/\.venv/' .
# In its own network, a container listens on all of its addresses. Nothing writes bytecode: the file system is read-only.
ENV PYTHONDONTWRITEBYTECODE=1 CROSSGATE_HOST=0.0.0.0 CROSSGATE_METRICS_HOST=0.0.0.0 CROSSGATE_DATA_DIR=/data
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8000 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.getenv('CROSSGATE_PORT', '8000') + '/livez', timeout=4)"]
ENTRYPOINT ["crossgate"]
CMD ["serve"]
