#!/bin/sh
# The Redis of compose.yaml: nobody but the user `packshot` gets in, to Packshot's own keys, by commands that are no
# administrator's (redis.acl); and, where it has a password, `backup`, which copies everything and changes nothing.
# Redis is told the passwords' SHA-256, so no file and no process list holds them. Beyond PACKSHOT_REDIS_MAXMEMORY it refuses
# new jobs and forgets nothing (noeviction does so only where there is a limit; 0 is none, and then the kernel ends it).
set -eu
: "${PACKSHOT_REDIS_PASSWORD:?is not set: see docker/compose.yaml}"
sha256_of() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }
if [ -n "${PACKSHOT_REDIS_BACKUP_PASSWORD:-}" ]; then
  backup="s/BACKUP_SHA256/$(sha256_of "$PACKSHOT_REDIS_BACKUP_PASSWORD")/"
else
  backup='/^user backup /d'
fi
case "${PACKSHOT_DURABILITY:-everysec}" in always) sync=always ;; *) sync=everysec ;; esac
umask 077
sed -e "s/PASSWORD_SHA256/$(sha256_of "$PACKSHOT_REDIS_PASSWORD")/" -e "$backup" /packshot/redis.acl > /run/packshot/users.acl
exec env -u PACKSHOT_REDIS_PASSWORD -u PACKSHOT_REDIS_BACKUP_PASSWORD redis-server --aclfile /run/packshot/users.acl \
  --dir /data --appendonly yes --appendfsync "$sync" --maxmemory "${PACKSHOT_REDIS_MAXMEMORY:-0}" \
  --maxmemory-policy noeviction --save ''
