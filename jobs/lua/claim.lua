-- The next job, leased. → {id, tenant, spec, attempt, deadline_ms or '', created_ms, in a batch: 1 or 0, how many of its
-- attempts were lost with their worker} or false
local BULK_TURN = 8 -- one claim in so many looks at bulk first
local MAX_MET = 100 -- jobs past their deadline that one claim clears away

local function answer(id)
  local tenant, spec, attempt, deadline, created, lost =
    unpack(read(id, 'tenant', 'spec', 'attempt', 'deadline_ms', 'created_ms', 'lost'))
  return {id, tenant, spec, attempt, deadline or '', created, redis.call('EXISTS', key('links', id)), lost or 0}
end

-- Takes the oldest job of the tenant whose turn it is, and sends the tenant to the end of the ring.
local function take(lane)
  local tenant = redis.call('ZRANGE', key('ring', lane), 0, 0)[1]
  if not tenant then return nil end
  local queue = key('queue', lane, tenant)
  local id = redis.call('ZRANGE', queue, 0, 0)[1]
  dequeue(id)
  if redis.call('EXISTS', queue) == 1 then
    redis.call('ZADD', key('ring', lane), redis.call('INCR', key('turn')), tenant)
  end
  return id
end

local function start(id)
  redis.call('HINCRBY', job(id), 'attempt', 1)
  redis.call('HDEL', job(id), 'fraction', 'stage', 'step')
  redis.call('HSET', job(id), 'state', 'running', 'owner', args.owner, 'token', args.token, 'started_ms', now)
  redis.call('ZADD', key('lease'), now + args.lease_ms, id)
  redis.call('SET', key('claim', args.token), id, 'PX', math.max(args.lease_ms, 60000))
  redis.call('INCR', key('claims'))
  changed(id)
end

local earlier = redis.call('GET', key('claim', args.token))
if earlier then
  local state, token = unpack(read(earlier, 'state', 'token'))
  if state == 'running' and token == args.token then return answer(earlier) end
  return false
end

promote_due(20)
local lanes = {'interactive', 'bulk'}
if (tonumber(redis.call('GET', key('claims')) or 0) + 1) % BULK_TURN == 0 then lanes = {'bulk', 'interactive'} end
for _ = 1, MAX_MET do
  local id = take(lanes[1]) or take(lanes[2])
  if not id then return false end
  if not past(redis.call('HGET', job(id), 'deadline_ms')) then
    start(id)
    return answer(id)
  end
  expire(id)
end
return false
