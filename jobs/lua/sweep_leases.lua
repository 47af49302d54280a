-- Leases over → canceled, expired, failed (gave-up) or queued again. → {requeued, dead, expired}
local requeued, dead, expired = 0, 0, 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('lease'), '-inf', now, 'LIMIT', 0, args.limit)) do
  local cancel, deadline, attempt, max_attempts = unpack(read(id, 'cancel', 'deadline_ms', 'attempt', 'max_attempts'))
  if cancel then
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
return {requeued, dead, expired}
