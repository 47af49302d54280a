-- Ended jobs past their retention are removed; a tombstone stays. Those of batches live as long as the last. → how many
-- Until when some batch still needs the job; 0 when none does.
local function batches_live_until(id)
  local retention, longest = redis.call('HGET', job(id), 'retention_ms'), 0
  for _, needed_by in ipairs(redis.call('SMEMBERS', key('stays', id))) do
    local state, expires = unpack(read_batch(needed_by, 'state', 'expires_ms'))
    if not state or state == 'erasing' then
      redis.call('SREM', key('stays', id), needed_by)
    else
      longest = math.max(longest, tonumber(expires or now + retention))
    end
  end
  return longest
end

local gone = {} -- tenant → how many

local due = redis.call('ZRANGEBYSCORE', key('expiry'), '-inf', now, 'LIMIT', 0, args.limit)
for _, id in ipairs(due) do
  local tenant = redis.call('HGET', job(id), 'tenant')
  local longer = tenant and batches_live_until(id)
  if not tenant then
    forget_lost(id)
  elseif longer > now then
    redis.call('ZADD', key('expiry'), longer, id)
    redis.call('HSET', job(id), 'expires_ms', longer)
    changed(id)
  else
    gone[tenant] = (gone[tenant] or 0) + 1
    erase(id, false)
  end
end
for tenant, many in pairs(gone) do
  local text = cjson.encode({actor = {kind = 'system', id = 'retention'}, action = 'job.expire', outcome = 'ok', count = many})
  note({tenant = tenant, stream = 'work', text = text, days = args.days, most = args.most})
end
return #due
