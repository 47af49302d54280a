#!/bin/sh
# The Redis of compose.yaml: nobody but the user `packshot` gets in, to Packshot's own keys, by commands that are no
# administrator's (redis.acl). Redis is told the password's SHA-256, so no file and no process list holds it.
set -eu
: "${PACKSHOT_REDIS_PASSWORD:?is not set: see docker/compose.yaml}"
sha256=$(printf %s "$PACKSHOT_REDIS_PASSWORD" | sha256sum | cut -d ' ' -f 1)
case "${PACKSHOT_DURABILITY:-everysec}" in always) sync=always ;; *) sync=everysec ;; esac
umask 077
sed "s/PASSWORD_SHA256/$sha256/" /packshot/redis.acl > /run/packshot/users.acl
exec env -u PACKSHOT_REDIS_PASSWORD redis-server --aclfile /run/packshot/users.acl --dir /data \
  --appendonly yes --appendfsync "$sync" --maxmemory-policy noeviction --save ''
