-- All that Prometheus is told of the record, at one moment (see jobs/store/gauging.py), as JSON. Costs some thirty
-- commands, two for each lane and worker, and at most three for each of SAMPLED tenants, however many jobs wait.
local NOBODY = 'other' -- the route, for people, of jobs that no further worker like the living ones would do
local SAMPLED = 200 -- of all lanes together, those tenants that were served longest ago

local lanes, workers, cans, without_blobs = {}, {}, {}, 0
for _, owner in ipairs(redis.call('ZRANGEBYSCORE', key('workers'), now - args.liveness_ms, '+inf')) do
  local backend, can, fault = unpack(redis.call('HMGET', key('worker', owner), 'backend', 'can', 'blobs_fault'))
  if fault and fault ~= '' then without_blobs = without_blobs + 1 end
  workers[backend or ''] = (workers[backend or ''] or 0) + 1
  cans[can or ''] = true
end
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
-- What Prometheus is told of a route: as many different texts as there are devices, operations and versions that workers
-- announced, since each is kept for ever and tenants write the routes. One that nobody living serves keeps its name where
-- such a worker may be about to start: when none lives at all, or none on the device that it needs.
local function told_of(route, known)
  local device, pins = '', 0
  for need in string.gmatch(route, '[^+]+') do
    if need == 'gpu' or need == 'cpu' then device = need end
    if string.find(need, '=', 1, true) then pins = pins + 1 end
  end
  local would_help = true
  for can in pairs(cans) do
    if serves(can, route) then
      would_help = true
      break
    end
    if serves(can, device) then would_help = false end
  end
  if not would_help or unknown_version(route, known) then return NOBODY end
  if pins > 1 then return device == '' and 'models' or device .. '+models' end
  return route
end

local known = versions_known() or {}
for _, found in ipairs(lanes) do
  local _, route = parts_of_lane(found.lane)
  if route ~= '' then found.told = told_of(string.sub(route, 2), known) end
end
local totals = {}
for name, many in pairs_of(key('totals')) do totals[name] = tonumber(many) end
return cjson.encode({
  now_ms = now, lanes = lanes, workers = workers, without_blobs = without_blobs, totals = totals,
  running = redis.call('ZCARD', key('lease')),
  delayed = redis.call('ZCARD', key('delayed')),
  dead = redis.call('LLEN', key('dead')),
  open_batches = redis.call('ZCARD', key('open-batches')),
  webhooks_due = redis.call('ZCOUNT', key('webhooks-due'), '-inf', now),
  lost_ms = tonumber(redis.call('GET', key('lost')) or 0),
})
