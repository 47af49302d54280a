-- The next message to send, of the endpoint that was served longest ago among those that have one due.
-- → {message's fields and values, endpoint's fields and values, now}, or false
local CANCELED_AT_ONCE = 200
local MAX_TRIES = 50 -- of a message that takes its senders down with it

-- Messages whose sender was silent for too long are due again.
local function take_back(id, tenant)
  local leased = key('webhook-leased', id)
  for _, msg in ipairs(redis.call('ZRANGEBYSCORE', leased, '-inf', now)) do
    redis.call('ZREM', leased, msg)
    redis.call('ZREM', key('webhook-leased-of', tenant), msg)
    if redis.call('EXISTS', message(msg)) == 1 then
      redis.call('HDEL', message(msg), 'token')
      note_attempt(msg, {at = now, error = 'the worker that sent it was lost'})
      if tonumber(redis.call('HGET', message(msg), 'tries')) < MAX_TRIES then
        make_due(msg, id, now)
      else
        close_message(msg, id, 'failed')
      end
    end
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

for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('webhooks-due'), '-inf', now, 'LIMIT', 0, args.limit)) do
  local tenant, state = unpack(read_endpoint(id, 'tenant', 'state'))
  local held = nil
  if not tenant then
    redis.call('ZREM', key('webhooks-due'), id)
  else
    take_back(id, tenant)
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
