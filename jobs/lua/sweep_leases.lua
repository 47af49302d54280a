-- Leases over → canceled, expired, failed (gave-up) or queued again. → {requeued, dead, expired, the attempts as JSON}
local FAR_OFF = 10 -- leases

-- Where nobody has swept for longer than silence_ms, Redis was away, and whoever holds a lease could not beat either. So
-- each that ran out since then, or soon will, is given one lease more; not twice unless its worker beat in between.
local function excuse_silence()
  local last = tonumber(redis.call('GET', key('pulse')) or now)
  redis.call('SET', key('pulse'), now)
  if now - last <= args.silence_ms then return end
  redis.call('SET', key('away'), last, 'PX', args.lease_ms)
  local until_ms = now + args.lease_ms
  local due = redis.call('ZRANGEBYSCORE', key('lease'), '(' .. last, '(' .. until_ms, 'WITHSCORES')
  for at = 1, #due, 2 do
    if tonumber(redis.call('HGET', job(due[at]), 'excused_ms')) ~= tonumber(due[at + 1]) then
      redis.call('ZADD', key('lease'), until_ms, due[at])
      redis.call('HSET', job(due[at]), 'excused_ms', until_ms)
    end
  end
end

-- A lease that ends later than any can: Redis' clock was set back since. Its worker, if it lives, beats again. Another
-- worker's leases may be set to be longer than ours, but not by that much.
local function shorten()
  local longest = now + FAR_OFF * args.lease_ms
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('lease'), '(' .. longest, '+inf', 'LIMIT', 0, args.limit)) do
    redis.call('ZADD', key('lease'), now + args.lease_ms, id)
  end
end

excuse_silence()
shorten()
local requeued, dead, expired, lapsed = 0, 0, 0, {}

-- What nobody else can tell of an attempt whose worker is gone.
local function note_lapsed(id)
  local told = {job_id = id}
  local fields = {'tenant', 'attempt', 'owner', 'request', 'trace', 'started_ms'}
  for at, value in ipairs(read(id, unpack(fields))) do told[fields[at]] = value or nil end
  told.ran_ms = now - (told.started_ms or now)
  lapsed[#lapsed + 1] = cjson.encode(told)
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('lease'), '-inf', now, 'LIMIT', 0, args.limit)) do
  local cancel, deadline, attempt, max_attempts = unpack(read(id, 'cancel', 'deadline_ms', 'attempt', 'max_attempts'))
  if attempt then note_lapsed(id) end
  if not attempt then
    forget_lost(id)
  elseif cancel then
    settle(id, 'canceled')
  elseif past(deadline) then
    expire(id)
    expired = expired + 1
  elseif tonumber(attempt) >= tonumber(max_attempts) then
    give_up(id, 'its worker was lost')
    dead = dead + 1
  else
    redis.call('HINCRBY', job(id), 'lost', 1) -- whoever claims it next keeps it away from other jobs
    requeue(id, 0)
    requeued = requeued + 1
  end
end
return {requeued, dead, expired, lapsed}
