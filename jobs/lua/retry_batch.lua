-- Failed items wait anew, a part of them at a call; what failed is erased, once no other item tells of it.
-- → {'ok', how many}, {'canceling', 0}, {'quota', 0} or {'none', 0}
local id = args.id
local state, tenant = unpack(read_batch(id, 'state', 'tenant'))
if tenant ~= args.tenant or state == 'staged' or state == 'erasing' then return {'none', 0} end
if state == 'canceling' then return {'canceling', 0} end
local reopens = state ~= 'running' and state ~= 'paused' and redis.call('EXISTS', part(id, 'failed')) == 1
if reopens and tonumber(redis.call('HGET', key('batches'), tenant) or 0) >= args.max_open then return {'quota', 0} end
local rows = redis.call('SPOP', part(id, 'failed'), args.limit)
for _, row in ipairs(rows) do
  local item = cjson.decode(redis.call('HGET', part(id, 'items'), row))
  local job_id = string.sub(redis.call('HGET', part(id, 'ends'), row), 2)
  redis.call('HDEL', part(id, 'ends'), row)
  redis.call('HDEL', part(id, 'problems'), row)
  redis.call('HINCRBY', batch(id), 'failed', -1)
  redis.call('HINCRBY', part(id, 'left'), item.signature, 1)
  redis.call('RPUSH', part(id, 'waiting'), row)
  hold_uploads(tenant, item.uploads)
  drop_job(job_id, tenant, true)
end
if reopens then
  redis.call('HSET', batch(id), 'state', 'running')
  redis.call('HDEL', batch(id), 'finished_ms', 'expires_ms')
  redis.call('ZREM', key('batch-expiry'), id)
  redis.call('ZADD', key('open-batches'), now, id)
  count('batches', tenant, 1)
end
if #rows > 0 then
  changed_batch(id)
  feed(id, FEED_STEPS)
end
return {'ok', #rows}
