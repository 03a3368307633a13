# One image for Prefect's server, the worker, the API and the sandbox. The first stage builds the environment; the last
# has no installer, no cache and no tests.
FROM python:3.12.11-slim-bookworm AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1
WORKDIR /app
COPY requirements.lock pyproject.toml ./
# As in ./bootstrap: uv by pip, and nothing without a hash of the lock
RUN sed -n '/^uv==/,/[^\\]$/p' requirements.lock >/tmp/uv.txt \
    && pip install --no-cache-dir --require-hashes -r /tmp/uv.txt \
    && uv venv .venv
# the lock holds what development needs too: only what the project itself depends on goes in, at the lock's versions
RUN uv pip install --python .venv/bin/python --require-hashes --constraint requirements.lock --requirements pyproject.toml
COPY . .
RUN uv pip install --python .venv/bin/python --no-deps --build-constraint requirements.lock \
    --preview-features build-dependency-hashes --require-build-hashes --editable .

FROM python:3.12.11-slim-bookworm
# Chromium draws the pictures of the mail; without it the report still comes out
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 alvorada \
    && mkdir /data /backups && chown alvorada:alvorada /data /backups
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 \
    ALVORADA_HOME=/data PREFECT_HOME=/data/prefect PREFECT_SERVER_ANALYTICS_ENABLED=false
WORKDIR /app
# The commit that each run records as its code_version: `make image` hands it in, since .git stays outside
ARG REVISION=unknown
RUN printf '%s\n' "${REVISION:-unknown}" >REVISION
LABEL org.opencontainers.image.revision=$REVISION
USER alvorada
VOLUME /data
ENTRYPOINT ["alvorada"]
CMD ["--help"]
