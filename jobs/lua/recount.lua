-- Counts the pending jobs of one lane and their pixels anew, seldom: a program of the version before this one moves jobs in
-- and out of the queue without a word of their pixels, and queues may be lost. → by how many pixels it was off, or false
-- where too many wait; without a lane: the lanes to count, or false where it is not yet time
local MOST = 5000 -- jobs that one script may look at: meanwhile Redis serves nobody else
local CLASSES = {'interactive', 'bulk'}

-- Lets go of lanes that are empty, as earlier programs leave them, and of versions that are known no more.
local function clear()
  local lanes, kept = {}, versions_known() or {}
  for _, class in ipairs(CLASSES) do -- also where the count itself is lost
    if redis.call('HEXISTS', key('depth'), class) == 0 and redis.call('EXISTS', key('ring', class)) == 1 then
      lanes[#lanes + 1] = class
    end
  end
  for lane, many in pairs_of(key('depth')) do
    if tonumber(many) > 0 or redis.call('EXISTS', key('ring', lane)) == 1 then
      lanes[#lanes + 1] = lane
    elseif is_routed(lane) then
      redis.call('HDEL', key('depth'), lane)
      redis.call('HDEL', key('depth-px'), lane)
    end
  end
  for version in pairs_of(key('versions')) do
    if not kept[version] then redis.call('HDEL', key('versions'), version) end
  end
  return lanes
end

if not args.lane then
  if redis.call('EXISTS', key('depth'), key('ring', CLASSES[1]), key('ring', CLASSES[2])) == 0 then return false end
  if not redis.call('SET', key('recounted'), now, 'NX', 'PX', args.every_ms) then return false end
  return clear()
end

local tenants, jobs = redis.call('ZRANGE', key('ring', args.lane), 0, -1), 0
for _, tenant in ipairs(tenants) do jobs = jobs + redis.call('ZCARD', key('queue', args.lane, tenant)) end
if tonumber(redis.call('HGET', key('depth'), args.lane) or 0) ~= jobs then
  redis.call('HSET', key('depth'), args.lane, jobs)
end
if jobs > MOST then return false end

local function px_of(id)
  local px, tenant, uploads = unpack(read(id, 'px', 'tenant', 'uploads'))
  if px or not tenant then return tonumber(px or 0) end
  px = pixels_of(tenant, uploads or '')
  redis.call('HSET', job(id), 'px', px)
  return px
end

local found = 0
for _, tenant in ipairs(tenants) do
  for _, id in ipairs(redis.call('ZRANGE', key('queue', args.lane, tenant), 0, -1)) do found = found + px_of(id) end
end
local off = math.abs(found - tonumber(redis.call('HGET', key('depth-px'), args.lane) or 0))
if found > 0 then
  redis.call('HSET', key('depth-px'), args.lane, string.format('%.0f', found))
else
  redis.call('HDEL', key('depth-px'), args.lane)
end
return off
