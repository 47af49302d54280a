-- The next job that this worker can do, leased. → {id, tenant, spec, attempt, deadline_ms or '', created_ms, in a batch: 1
-- or 0, how many of its attempts were lost with their worker, what else it needs of a worker or '', how many more wait
-- that not every worker can do, but this one, its trace or '', the id of its request or '', for how long it was queued (ms),
-- its lane} or false
local BULK_TURN = 8 -- one claim in so many looks at bulk first
local MAX_MET = 100 -- jobs past their deadline that one claim clears away
local MENDS, MENDED = 10, 5000 -- tenants whose queues are lost that one claim mends; of each the newest jobs

local function answer(id, more)
  local tenant, spec, attempt, deadline, created, lost, needs, trace, request, queued, started, lane = unpack(read(id,
    'tenant', 'spec', 'attempt', 'deadline_ms', 'created_ms', 'lost', 'needs', 'trace', 'request', 'queued_ms',
    'started_ms', 'lane'))
  return {id, tenant, spec, attempt, deadline or '', created, redis.call('EXISTS', key('links', id)), lost or 0,
    needs or '', more, trace or '', request or '', started - (queued or created), lane or ''}
end

-- The lanes that this worker may take from, by class: those of jobs that any worker does, and of the routes that it serves
-- and that have jobs. Costs as much as there are such routes; ROUTES of batches.lua bounds them.
local function lanes_served()
  local lanes, routed = {interactive = {'interactive'}, bulk = {'bulk'}}, 0
  if not args.can then return lanes, routed end -- a worker that says nothing of itself
  for lane, many in pairs_of(key('depth')) do
    local class, route = string.match(lane, '^([^@]+)@(.+)$')
    if class and tonumber(many) > 0 and serves(args.can, route) then
      lanes[class][#lanes[class] + 1] = lane
      routed = routed + many
    end
  end
  return lanes, routed
end

-- The first of what lies in these sorted sets, by its score, and in which it lies; of equals the first that was met.
local function first_of(names)
  local first, where, score
  for at, name in ipairs(names) do
    local head = redis.call('ZRANGE', name, 0, 0, 'WITHSCORES')
    if head[1] and (not score or tonumber(head[2]) < score) then
      first, where, score = head[1], at, tonumber(head[2])
    end
  end
  return first, where
end

-- A job whose record is gone leaves the queue that it still lies in.
local function pass_over(id, queue, lane, tenant)
  redis.call('ZREM', queue, id)
  if redis.call('HINCRBY', key('depth'), lane, -1) <= 0 then
    redis.call('HDEL', key('depth-px'), lane)
    if is_routed(lane) then redis.call('HDEL', key('depth'), lane) end
  end
  if redis.call('EXISTS', queue) == 0 then redis.call('ZREM', key('ring', lane), tenant) end
  count('active', tenant, -1)
  forget_lost(id)
end

-- A tenant's turn has come, and its queues are lost: what its listing knows to be queued is so again; else its turn is over.
local function mend_queues(tenant, lanes)
  for _, lane in ipairs(lanes) do
    if redis.call('EXISTS', key('queue', lane, tenant)) == 0 then redis.call('ZREM', key('ring', lane), tenant) end
  end
  for _, id in ipairs(redis.call('ZREVRANGE', key('jobs', tenant), 0, MENDED - 1)) do
    local waits = redis.call('HGET', job(id), 'state') == 'queued' and not redis.call('ZSCORE', key('delayed'), id)
    if waits then enqueue(id) end
  end
  redis.call('DEL', key('recounted')) -- more is counted than is there
end

-- Takes the oldest job, of all these lanes, of the tenant whose turn it is, and sends the tenant to the end of each ring:
-- what it has on several routes gives it no further turn. → the job, its lane, and whether it has a record
local function take(lanes)
  local rings, queues, turn = {}, {}, nil
  for at, lane in ipairs(lanes) do rings[at] = key('ring', lane) end
  local tenant, id, where
  for _ = 0, MENDS do
    tenant = first_of(rings)
    if not tenant then return nil end
    for at, lane in ipairs(lanes) do queues[at] = key('queue', lane, tenant) end
    id, where = first_of(queues)
    if id then break end
    mend_queues(tenant, lanes)
  end
  if not id then return nil end
  if redis.call('HEXISTS', job(id), 'tenant') == 0 then
    pass_over(id, queues[where], lanes[where], tenant)
    return id, lanes[where], false
  end
  dequeue(id)
  for at, queue in ipairs(queues) do
    if redis.call('EXISTS', queue) == 1 then
      turn = turn or redis.call('INCR', key('turn'))
      redis.call('ZADD', rings[at], turn, tenant)
    end
  end
  return id, lanes[where], true
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
  if state == 'running' and token == args.token then return answer(earlier, 0) end
  return false
end

promote_due(20)
local served, routed = lanes_served()
local classes = {served.interactive, served.bulk}
if (tonumber(redis.call('GET', key('claims')) or 0) + 1) % BULK_TURN == 0 then classes = {served.bulk, served.interactive} end
for _ = 1, MAX_MET do
  local id, lane, is_there = take(classes[1])
  if not id then id, lane, is_there = take(classes[2]) end
  if not id then return false end
  if is_routed(lane) then routed = routed - 1 end
  if is_there and not past(redis.call('HGET', job(id), 'deadline_ms')) then
    start(id)
    return answer(id, routed)
  end
  if is_there then expire(id) end
end
return false
