-- Uploads past their life are removed, unless a job that has not ended needs them. → how many
local DOUBT_MS = 3600 * 1000 -- a batch that is still being sent has no count yet, and takes minutes at most

-- What needs a photo is counted, and a job that was lost counts for ever. Where its tenant has nothing under way, at two
-- looks that are an hour apart, the count is wrong. → whether it is needed, and how long to wait before the next look
local function is_needed(name)
  if redis.call('HEXISTS', key('live'), name) == 0 then return false end
  local tenant, upload = string.match(name, '^[^:]+'), key('upload', name)
  local life_ms = kept_ms(tenant, 'uploads_ms', args.life_ms)
  if redis.call('HEXISTS', key('active'), tenant) == 1 or redis.call('HEXISTS', key('batches'), tenant) == 1 then
    redis.call('HDEL', upload, 'idle_ms')
    return true, life_ms
  end
  local waited_ms = now - tonumber(redis.call('HGET', upload, 'idle_ms') or 0)
  if waited_ms >= DOUBT_MS and waited_ms < 3 * DOUBT_MS then return false end
  if redis.call('EXISTS', upload) == 0 then return false end
  redis.call('HSET', upload, 'idle_ms', now)
  return true, DOUBT_MS
end

local removed = 0
for _, name in ipairs(redis.call('ZRANGEBYSCORE', key('uploads'), '-inf', now, 'LIMIT', 0, args.limit)) do
  local needed, wait_ms = is_needed(name)
  if needed then
    redis.call('ZADD', key('uploads'), now + wait_ms, name)
  else
    local path = redis.call('HGET', key('upload', name), 'path')
    if path then discard(path, 0) end -- else the record is lost, and the janitor finds the photo
    redis.call('DEL', key('upload', name))
    redis.call('HDEL', key('live'), name)
    redis.call('ZREM', key('uploads'), name)
    removed = removed + 1
  end
end
return removed
