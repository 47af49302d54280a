-- A tenant wants its own to be kept for less time than before: the ends of life of what is kept come nearer, some at a
-- call; jobs from the newest on, then batches, then photos. → 1 while some are left
--   shortening  set  tenants      tenant:<tenant>  shortened_jobs, shortened_uploads: how far that is
local tenant = redis.call('SRANDMEMBER', key('shortening'))
if not tenant then return 0 end
local name = key('tenant', tenant)
local ended_ms, uploads_ms, at, cursor =
  unpack(redis.call('HMGET', name, 'retention_ms', 'uploads_ms', 'shortened_jobs', 'shortened_uploads'))

local function shorten(record, index, id, note_change)
  local finished, expires = unpack(redis.call('HMGET', record, 'finished_ms', 'expires_ms'))
  local until_ms = finished and tonumber(finished) + tonumber(ended_ms)
  if not (expires and tonumber(expires) > until_ms) then return end
  redis.call('HSET', record, 'expires_ms', until_ms)
  redis.call('ZADD', index, 'XX', until_ms, id)
  note_change(id)
end

if ended_ms and at ~= 'done' then
  local below = at and '(' .. at or '+inf'
  local found = redis.call('ZREVRANGEBYSCORE', key('jobs', tenant), below, '-inf', 'WITHSCORES', 'LIMIT', 0, args.limit)
  for place = 1, #found, 2 do shorten(job(found[place]), key('expiry'), found[place], changed) end
  if #found > 0 then
    redis.call('HSET', name, 'shortened_jobs', found[#found])
    return 1
  end
  for _, id in ipairs(redis.call('ZRANGE', key('batches', tenant), 0, -1)) do
    shorten(batch(id), key('batch-expiry'), id, changed_batch)
  end
  redis.call('HSET', name, 'shortened_jobs', 'done')
end
if uploads_ms and cursor ~= '0' then
  local told = redis.call('ZSCAN', key('uploads'), cursor or '0', 'MATCH', tenant .. ':*', 'COUNT', args.limit)
  for place = 1, #told[2], 2 do redis.call('ZADD', key('uploads'), 'XX', 'LT', now + uploads_ms, told[2][place]) end
  redis.call('HSET', name, 'shortened_uploads', told[1])
  if told[1] ~= '0' then return 1 end
end
redis.call('HDEL', name, 'shortened_jobs', 'shortened_uploads')
redis.call('SREM', key('shortening'), tenant)
return redis.call('EXISTS', key('shortening'))
