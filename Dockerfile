# One image for Prefect's server and for the worker that runs the flows.
FROM python:3.12-slim

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements.lock ./
RUN pip install uv==0.13.8 && uv pip install --system --no-cache -r requirements.lock

COPY . .
RUN uv pip install --system --no-cache --no-deps --editable . \
    && useradd --create-home alvorada && mkdir /data && chown alvorada:alvorada /data
USER alvorada
ENV ALVORADA_HOME=/data PREFECT_HOME=/data/prefect PREFECT_SERVER_ANALYTICS_ENABLED=false
VOLUME /data
ENTRYPOINT ["alvorada"]
CMD ["--help"]
