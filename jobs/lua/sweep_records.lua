-- Ended jobs past their retention are removed; a tombstone stays. Those of a batch live as long as it. → how many
local function batch_lives_until(id)
  local retention, stays = unpack(read(id, 'retention_ms', 'stays'))
  local state, expires = unpack(stays and read_batch(stays, 'state', 'expires_ms') or {})
  if not state or state == 'erasing' then return 0 end
  return expires and tonumber(expires) or now + retention
end

local due = redis.call('ZRANGEBYSCORE', key('expiry'), '-inf', now, 'LIMIT', 0, args.limit)
for _, id in ipairs(due) do
  local longer = batch_lives_until(id)
  if longer > now then
    redis.call('ZADD', key('expiry'), longer, id)
    redis.call('HSET', job(id), 'expires_ms', longer)
    changed(id)
  else
    erase(id, false)
  end
end
return #due
