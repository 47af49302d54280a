-- Jobs that wait for the blob store for longer than they may → failed, unless a worker lives whose store answers: then they
-- only wait for their turn, and are looked at again later. One that runs is its attempt's to end. → how many
local AGAIN_MS = 60000

local function somebody_stores()
  for _, owner in ipairs(redis.call('ZRANGEBYSCORE', key('workers'), now - args.liveness_ms, '+inf')) do
    if (redis.call('HGET', key('worker', owner), 'blobs_fault') or '') == '' then return true end
  end
  return false
end

local due, dead = redis.call('ZRANGEBYSCORE', key('stalled'), '-inf', now, 'LIMIT', 0, args.limit), 0
if #due == 0 then return 0 end
local wait = somebody_stores()
for _, id in ipairs(due) do
  if wait or redis.call('HGET', job(id), 'state') ~= 'queued' then
    redis.call('ZADD', key('stalled'), now + AGAIN_MS, id)
  else
    give_up_stalled(id)
    dead = dead + 1
  end
end
return dead
