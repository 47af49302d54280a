#!/bin/sh
# The store of compose.yaml's profile s3: SeaweedFS, all of it in one process, with the bucket `packshot` and one account.
# It is for one machine and for trying; who has S3, or a store that is kept on several machines, names that instead.
set -eu
: "${AWS_SECRET_ACCESS_KEY:?is not set: openssl rand -hex 32, in docker/.env (docker/example.env)}"
exec /usr/bin/weed mini -dir=/data -bucket=packshot -ip=s3 -ip.bind=0.0.0.0 -webdav=false -admin.ui=false -s3.port.iceberg=0
