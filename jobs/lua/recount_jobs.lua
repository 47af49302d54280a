-- Counts the jobs and batches under way of some tenants anew, seldom, and soon after some were lost: of such a one nothing
-- tells whose place it held. → by how many they were off, or false where too many run; without tenants: whom to count, or
-- false where it is not yet time
local MOST = 5000 -- jobs and batches that one script may look at: meanwhile Redis serves nobody else
local LISTED = 100 -- a tenant's newest jobs: those are the last that a queue lets go of

local function lanes()
  local found = {'interactive', 'bulk'}
  for lane in pairs_of(key('depth')) do
    if is_routed(lane) then found[#found + 1] = lane end
  end
  return found
end

-- How many batches of each tenant are open.
local function open_batches()
  local found = {}
  for _, id in ipairs(redis.call('ZRANGE', key('open-batches'), 0, -1)) do
    local tenant = redis.call('HGET', key('batch', id), 'tenant')
    if tenant then found[tenant] = (found[tenant] or 0) + 1 end
  end
  return found
end

-- How many jobs of each tenant run, or wait for a retry. What no record is left of counts for nobody.
local function held()
  local found = {}
  for _, set in ipairs({'lease', 'delayed'}) do
    for _, id in ipairs(redis.call('ZRANGE', key(set), 0, -1)) do
      local tenant = redis.call('HGET', job(id), 'tenant')
      if tenant then found[tenant] = (found[tenant] or 0) + 1 end
    end
  end
  return found
end

-- Whoever is counted, and whoever should be: the count itself may be what was lost.
local function tenants()
  local found, names = {}, {}
  for _, counted in ipairs({'active', 'batches'}) do
    for tenant in pairs_of(key(counted)) do found[tenant] = true end
  end
  for _, holding in ipairs({held(), open_batches()}) do
    for tenant in pairs(holding) do found[tenant] = true end
  end
  for _, lane in ipairs(lanes()) do
    for _, tenant in ipairs(redis.call('ZRANGE', key('ring', lane), 0, -1)) do found[tenant] = true end
  end
  for tenant in pairs(found) do names[#names + 1] = tenant end
  return names
end

-- → by how many a tenant's count was off
local function set_right(name, tenant, many)
  local told = tonumber(redis.call('HGET', key(name), tenant) or 0)
  if told == many then return 0 end
  if many > 0 then redis.call('HSET', key(name), tenant, many) else redis.call('HDEL', key(name), tenant) end
  return math.abs(told - many)
end

-- Where `depth` is lost, nothing else names the lanes of routes, and nobody would ever claim of them: the jobs do.
local function find_lanes(tenant)
  for _, id in ipairs(redis.call('ZREVRANGE', key('jobs', tenant), 0, LISTED - 1)) do
    local state, lane = unpack(read(id, 'state', 'lane'))
    if state == 'queued' and is_routed(lane) and redis.call('HEXISTS', key('depth'), lane) == 0 then
      local jobs = 0
      for _, other in ipairs(redis.call('ZRANGE', key('ring', lane), 0, -1)) do
        jobs = jobs + redis.call('ZCARD', key('queue', lane, other))
      end
      if jobs > 0 then redis.call('HSET', key('depth'), lane, jobs) end
      redis.call('DEL', key('recounted')) -- its pixels
    end
  end
end

-- How many jobs of the tenant are ready. Where its place in a ring is lost, it gets another.
local function ready(tenant)
  local many = 0
  for _, lane in ipairs(lanes()) do
    local here = redis.call('ZCARD', key('queue', lane, tenant))
    many = many + here
    if here > 0 and not redis.call('ZSCORE', key('ring', lane), tenant) then -- nobody would ever claim of it
      redis.call('ZADD', key('ring', lane), redis.call('INCR', key('turn')), tenant)
      redis.call('DEL', key('recounted'))
    end
  end
  return many
end

local looked_at = 0
for _, name in ipairs({'lease', 'delayed', 'open-batches'}) do looked_at = looked_at + redis.call('ZCARD', key(name)) end
if looked_at > MOST then return false end
if not args.tenants then
  if not redis.call('SET', key('recounted-jobs'), now, 'NX', 'PX', args.every_ms) then return false end
  return tenants()
end
local holding, open, off = held(), open_batches(), 0
for _, tenant in ipairs(args.tenants) do
  local many = ready(tenant) + (holding[tenant] or 0)
  if many < tonumber(redis.call('HGET', key('active'), tenant) or 0) then
    find_lanes(tenant)
    many = ready(tenant) + (holding[tenant] or 0)
  end
  off = off + set_right('active', tenant, many)
  off = off + set_right('batches', tenant, open[tenant] or 0)
end
return off
