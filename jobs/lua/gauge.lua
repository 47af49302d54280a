-- All that Prometheus is told of the record, at one moment (see jobs/store/gauging.py), as JSON. Costs some thirty
-- commands, two for each lane and worker, and at most three for each of SAMPLED tenants, however many jobs wait.
local SAMPLED = 200 -- of all lanes together, those tenants that were served longest ago

local lanes, workers = {}, {}
for lane, many in pairs_of(key('depth')) do
  lanes[#lanes + 1] = {lane = lane, jobs = tonumber(many), px = tonumber(redis.call('HGET', key('depth-px'), lane) or 0)}
end
local each = math.floor(SAMPLED / math.max(1, #lanes))
for _, found in ipairs(lanes) do
  local tenants = found.jobs > 0 and redis.call('ZRANGE', key('ring', found.lane), 0, math.max(0, each - 1)) or {}
  for _, tenant in ipairs(tenants) do
    local id = redis.call('ZRANGE', key('queue', found.lane, tenant), 0, 0)[1]
    local requeued, created = unpack(id and read(id, 'requeued_ms', 'created_ms') or {})
    local since = tonumber(requeued or created)
    if since and (not found.since_ms or since < found.since_ms) then found.since_ms = since end
  end
end
for _, owner in ipairs(redis.call('ZRANGEBYSCORE', key('workers'), now - args.liveness_ms, '+inf')) do
  local backend = redis.call('HGET', key('worker', owner), 'backend') or ''
  workers[backend] = (workers[backend] or 0) + 1
end
local totals = {}
for name, many in pairs_of(key('totals')) do totals[name] = tonumber(many) end
return cjson.encode({
  now_ms = now, lanes = lanes, workers = workers, totals = totals,
  running = redis.call('ZCARD', key('lease')),
  delayed = redis.call('ZCARD', key('delayed')),
  dead = redis.call('LLEN', key('dead')),
  open_batches = redis.call('ZCARD', key('open-batches')),
  webhooks_due = redis.call('ZCOUNT', key('webhooks-due'), '-inf', now),
  lost_ms = tonumber(redis.call('GET', key('lost')) or 0),
})
