-- The operator lets a job that gave up try again, its attempts counted anew. → {'ok'}, {'none'} or {'no-upload', SHA-256}
-- Batches' items that ended with it stay ended. The call's name is kept, so that the same call again is no mistake.
local id = args.id
local tenant, uploads, dead, deadline, work, why, requeued_by =
  unpack(read(id, 'tenant', 'uploads', 'dead', 'deadline_ms', 'work', 'problem', 'requeued_by'))
if requeued_by == args.call then return {'ok', ''} end
if not dead then return {'none', ''} end
local missing = missing_upload(tenant, uploads)
if missing then return {'no-upload', missing} end

redis.call('LREM', key('dead'), 1, id)
forget_failure(id, why)
redis.call('ZREM', key('expiry'), id)
redis.call('ZREM', key('garbage'), 'results/' .. tenant .. '/' .. id .. '/') -- of one that died under an earlier version
redis.call('HDEL', job(id), 'dead', 'problem', 'started_ms', 'finished_ms', 'expires_ms', 'fraction', 'stage', 'step',
  'cancel', 'canceled_by', 'ended_token', 'ended_as', 'ended_well', 'stalled_ms')
redis.call('HSET', job(id), 'state', 'queued', 'attempt', 0, 'requeued_ms', now, 'queued_ms', now, 'requeued_by', args.call)
redis.call('HINCRBY', job(id), 'requeued', 1) -- its next end is another event
count('active', tenant, 1)
for name in names(tenant, uploads) do count('live', name, 1) end
if past(deadline) then
  redis.call('HDEL', job(id), 'deadline_ms')
elseif deadline then
  redis.call('ZADD', key('deadline'), deadline, id)
elseif work then
  redis.call('SETNX', key('work', tenant, work), id)
end
enqueue(id)
changed(id)
return {'ok', ''}
