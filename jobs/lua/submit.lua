-- A new job, or the one that the idempotency key already made.
-- → {'created' | 'found', id}, {'no-upload', the upload's SHA-256} or {refusal, ''}
local id, tenant = args.id, args.tenant
if redis.call('EXISTS', job(id)) == 1 then return {'created', id} end -- the same call again, after a lost answer

local held = args.idempotency_key and key('key', tenant, args.idempotency_key)
if held then
  local body, earlier = unpack(redis.call('HMGET', held, 'body', 'job'))
  local known, deleted = unpack(earlier and read(earlier, 'id', 'deleted') or {})
  if known and not deleted then -- a job being erased is as good as gone
    if body ~= args.body then return {'mismatch', ''} end
    return {'found', earlier}
  end
end

for name in names(tenant, args.uploads) do
  if redis.call('EXISTS', key('upload', name)) == 0 then return {'no-upload', string.sub(name, #tenant + 2)} end
end
if tonumber(redis.call('HGET', key('active'), tenant) or 0) >= args.max_active then return {'quota', ''} end
local interactive, bulk = unpack(redis.call('HMGET', key('depth'), 'interactive', 'bulk'))
local waiting = (tonumber(interactive or 0)) + (tonumber(bulk or 0)) + redis.call('ZCARD', key('delayed'))
if waiting >= args.max_pending then return {'full', ''} end

local sequence = redis.call('INCR', key('sequence'))
redis.call('HSET', job(id), 'id', id, 'tenant', tenant, 'spec', args.spec, 'lane', args.lane, 'uploads', args.uploads,
  'state', 'queued', 'version', 1, 'attempt', 0, 'max_attempts', args.max_attempts, 'sequence', sequence,
  'retention_ms', args.retention_ms, 'created_ms', now)
redis.call('ZADD', key('jobs', tenant), sequence, id)
count('active', tenant, 1)
for name in names(tenant, args.uploads) do
  count('live', name, 1)
  count('refs', name, 1)
  redis.call('ZADD', key('uploads'), 'GT', now + args.key_life_ms, name)
end
if args.external_id then
  redis.call('HSET', job(id), 'external_id', args.external_id)
  redis.call('ZADD', key('external', tenant, args.external_id), sequence, id)
end
if args.deadline_ms then
  redis.call('HSET', job(id), 'deadline_ms', now + args.deadline_ms)
  redis.call('ZADD', key('deadline'), now + args.deadline_ms, id)
end
if held then
  redis.call('HSET', job(id), 'key', held)
  redis.call('HSET', held, 'body', args.body, 'job', id)
  redis.call('PEXPIRE', held, args.key_life_ms)
end
enqueue(id)
return {'created', id}
