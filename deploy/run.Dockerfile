# The image of single runs in a Docker work pool: Prefect's worker brings the whole command and cannot set the entrypoint.
#   docker build --tag alvorada-run:local --file deploy/run.Dockerfile .
FROM alvorada:local
ENTRYPOINT []
