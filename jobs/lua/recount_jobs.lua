-- Counts the jobs under way of some tenants anew, seldom, and soon after some were lost: of such a job nothing tells whose
-- place it held. → by how many they were off, or false where too many run; without tenants: whom to count, or false where
-- it is not yet time
local MOST = 5000 -- jobs that one script may look at: meanwhile Redis serves nobody else

local function lanes()
  local found = {'interactive', 'bulk'}
  for lane in pairs_of(key('depth')) do
    if is_routed(lane) then found[#found + 1] = lane end
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
local function tenants(holding)
  local found, names = {}, {}
  for tenant in pairs_of(key('active')) do found[tenant] = true end
  for tenant in pairs(holding) do found[tenant] = true end
  for _, lane in ipairs(lanes()) do
    for _, tenant in ipairs(redis.call('ZRANGE', key('ring', lane), 0, -1)) do found[tenant] = true end
  end
  for tenant in pairs(found) do names[#names + 1] = tenant end
  return names
end

-- → by how many the tenant's count was off
local function set_right(tenant, many)
  for _, lane in ipairs(lanes()) do many = many + redis.call('ZCARD', key('queue', lane, tenant)) end
  local told = tonumber(redis.call('HGET', key('active'), tenant) or 0)
  if told == many then return 0 end
  if many > 0 then redis.call('HSET', key('active'), tenant, many) else redis.call('HDEL', key('active'), tenant) end
  return math.abs(told - many)
end

if redis.call('ZCARD', key('lease')) + redis.call('ZCARD', key('delayed')) > MOST then return false end
if not args.tenants then
  if not redis.call('SET', key('recounted-jobs'), now, 'NX', 'PX', args.every_ms) then return false end
  return tenants(held())
end
local holding, off = held(), 0
for _, tenant in ipairs(args.tenants) do off = off + set_right(tenant, holding[tenant] or 0) end
return off
