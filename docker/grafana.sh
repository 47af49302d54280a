#!/bin/sh
# The Grafana of compose.yaml's profile monitoring, which does not start with the password that everybody knows.
set -eu
: "${GF_SECURITY_ADMIN_PASSWORD:?is not set: PACKSHOT_GRAFANA_PASSWORD in docker/.env (docker/example.env)}"
exec /run.sh
