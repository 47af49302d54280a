-- Jobs that wait for the blob store for longer than they may → failed, where workers live and the store of none answers.
-- Else they only wait for their turn, and are looked at again later. One that runs is its attempt's to end. → how many
local AGAIN_MS = 60000

-- Where no worker is known to live, a fleet is just being started: of its store nobody knows anything yet.
local function nobody_stores()
  local living = redis.call('ZRANGEBYSCORE', key('workers'), now - args.liveness_ms, '+inf')
  for _, owner in ipairs(living) do
    if (redis.call('HGET', key('worker', owner), 'blobs_fault') or '') == '' then return false end
  end
  return #living > 0
end

local due, dead = redis.call('ZRANGEBYSCORE', key('stalled'), '-inf', now, 'LIMIT', 0, args.limit), 0
if #due == 0 then return 0 end
local over = nobody_stores()
for _, id in ipairs(due) do
  local state, stalled = unpack(read(id, 'state', 'stalled_ms'))
  if not stalled or (state ~= 'queued' and state ~= 'running') then -- lost, or ended by a program of an earlier version
    redis.call('ZREM', key('stalled'), id)
  elseif over and state == 'queued' then
    give_up_stalled(id)
    dead = dead + 1
  else
    redis.call('ZADD', key('stalled'), now + AGAIN_MS, id)
  end
end
return dead
