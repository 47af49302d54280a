-- What became of an attempt to send a message: delivered, again (after delay_ms), failed, gone or released.
-- → 1, or 0 where the message is another's by now, or gone
local msg = args.message
local token, id, tenant = unpack(redis.call('HMGET', message(msg), 'token', 'endpoint', 'tenant'))
if token ~= args.token then return 0 end

local function disable(why)
  redis.call('HSET', endpoint(id), 'state', 'disabled', 'disabled_reason', why)
end

local function note_failure()
  redis.call('HSETNX', endpoint(id), 'failing_since_ms', now)
  local failures = redis.call('HINCRBY', endpoint(id), 'failures', 1)
  local since = tonumber(redis.call('HGET', endpoint(id), 'failing_since_ms'))
  if args.outcome == 'gone' then
    disable('the receiver answered 410 Gone')
  elseif failures >= args.disable_failures and now - since >= args.disable_after_ms then
    local days = math.floor((now - since) / 86400000)
    disable('nothing could be delivered for ' .. days .. ' days; the last attempt: ' .. args.error)
  end
end

redis.call('ZREM', key('webhook-leased', id), msg)
local full = redis.call('ZCARD', key('webhook-leased-of', tenant)) >= PER_TENANT
redis.call('ZREM', key('webhook-leased-of', tenant), msg)
redis.call('HDEL', message(msg), 'token')
if redis.call('EXISTS', endpoint(id)) == 0 then return 0 end
if args.outcome == 'released' then
  redis.call('HINCRBY', message(msg), 'tries', -1)
  make_due(msg, id, now)
else
  note_attempt(msg, {at = now - args.took_ms, status = args.status, ms = args.took_ms, error = args.error})
  if args.outcome == 'delivered' then
    redis.call('HDEL', endpoint(id), 'failing_since_ms', 'failures')
    close_message(msg, id, 'delivered')
  else
    note_failure()
    if args.outcome == 'again' then make_due(msg, id, now + args.delay_ms) else close_message(msg, id, 'failed') end
  end
end
look_again(id)
if full then
  for _, other in ipairs(redis.call('ZRANGE', key('webhooks', tenant), 0, -1)) do look_again(other) end
end
return 1
