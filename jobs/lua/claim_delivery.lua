-- The next message to send, of the endpoint that was served longest ago among those that have one due.
-- → {message's fields and values, endpoint's fields and values, now}, or false
local CANCELED_AT_ONCE = 200
local MAX_TRIES = 50 -- of a message that takes its senders down with it

-- Since when no sender could tell us anything, where that was so until a moment ago (see sweep_leases). → ms, or nil
local function silent_since()
  local pulse = tonumber(redis.call('GET', key('pulse')))
  if pulse and now - pulse > args.silence_ms then return pulse end
  return tonumber(redis.call('GET', key('away')))
end

-- A lease that ran out in that time is given once more to the same attempt, whose answer may be on its way.
local function excuse(msg, id, tenant, since)
  local token, excused = unpack(redis.call('HMGET', message(msg), 'token', 'excused'))
  local leased = key('webhook-leased', id)
  if not since or token == excused or tonumber(redis.call('ZSCORE', leased, msg)) <= since then return false end
  redis.call('HSET', message(msg), 'excused', token)
  redis.call('ZADD', leased, now + args.lease_ms, msg)
  redis.call('ZADD', key('webhook-leased-of', tenant), now + args.lease_ms, msg)
  return true
end

local function take_back(msg, id, tenant)
  redis.call('ZREM', key('webhook-leased', id), msg)
  redis.call('ZREM', key('webhook-leased-of', tenant), msg)
  if redis.call('EXISTS', message(msg)) == 0 then return end
  redis.call('HDEL', message(msg), 'token')
  note_attempt(msg, {at = now, error = 'the worker that sent it was lost'})
  if tonumber(redis.call('HGET', message(msg), 'tries')) < MAX_TRIES then
    make_due(msg, id, now)
  else
    close_message(msg, id, 'failed')
  end
end

-- Messages whose sender was silent for too long are due again.
local function take_back_lapsed(id, tenant, since)
  for _, msg in ipairs(redis.call('ZRANGEBYSCORE', key('webhook-leased', id), '-inf', now)) do
    if not excuse(msg, id, tenant, since) then take_back(msg, id, tenant) end
  end
end

-- An endpoint that is switched off gets nothing of what waits.
local function cancel_some(id)
  for _, msg in ipairs(redis.call('ZRANGE', key('webhook-due', id), 0, CANCELED_AT_ONCE - 1)) do
    make_undue(msg, id)
    if redis.call('EXISTS', message(msg)) == 1 then close_message(msg, id, 'canceled') end
  end
end

-- When another message of the tenant can be under way; nil when it can now.
local function held_until(tenant)
  local leased = key('webhook-leased-of', tenant)
  redis.call('ZREMRANGEBYSCORE', leased, '-inf', now)
  if redis.call('ZCARD', leased) >= PER_TENANT then return redis.call('ZRANGE', leased, 0, 0, 'WITHSCORES')[2] end
end

local function lease(msg, id, tenant)
  make_undue(msg, id)
  redis.call('ZADD', key('webhook-leased', id), now + args.lease_ms, msg)
  redis.call('ZADD', key('webhook-leased-of', tenant), now + args.lease_ms, msg)
  redis.call('HSET', message(msg), 'token', args.token)
  redis.call('HINCRBY', message(msg), 'tries', 1)
  redis.call('HDEL', message(msg), 'next_ms')
end

-- The endpoint's first message that is due and still there, or nil.
local function first_due(id)
  for _, msg in ipairs(redis.call('ZRANGEBYSCORE', key('webhook-due', id), '-inf', now, 'LIMIT', 0, 20)) do
    if redis.call('EXISTS', message(msg)) == 1 then return msg end
    make_undue(msg, id) -- gone with its time
  end
end

local since = silent_since()
for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('webhooks-due'), '-inf', now, 'LIMIT', 0, args.limit)) do
  local tenant, state = unpack(read_endpoint(id, 'tenant', 'state'))
  local held = nil
  if not tenant then
    redis.call('ZREM', key('webhooks-due'), id)
  else
    take_back_lapsed(id, tenant, since)
    held = held_until(tenant)
    if state ~= 'enabled' then
      cancel_some(id)
    elseif not held and has_room(id) then
      local msg = first_due(id)
      if msg then
        lease(msg, id, tenant)
        look_again(id, now) -- behind those that were not served yet
        return {redis.call('HGETALL', message(msg)), redis.call('HGETALL', endpoint(id)), now}
      end
    end
    look_again(id, tonumber(held))
  end
end
return false
