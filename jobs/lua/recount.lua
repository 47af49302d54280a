-- Counts the pixels of all pending jobs anew, seldom: a program of the version before this one moves jobs in and out of
-- the queue without a word of them. → how many it was off by, or false where it is not yet time, or none or too many wait
local MOST = 50000 -- jobs that one script may look at: meanwhile Redis serves nobody else

local lanes, all = {}, 0
for lane, many in pairs_of(key('depth')) do
  lanes[#lanes + 1] = lane
  all = all + tonumber(many)
end
if all == 0 or all > MOST or not redis.call('SET', key('recounted'), now, 'NX', 'PX', args.every_ms) then return false end

local function px_of(id)
  local px, tenant, uploads = unpack(read(id, 'px', 'tenant', 'uploads'))
  if px or not tenant then return tonumber(px or 0) end
  px = pixels_of(tenant, uploads or '')
  redis.call('HSET', job(id), 'px', px)
  return px
end

local off = 0
for _, lane in ipairs(lanes) do
  local found = 0
  for _, tenant in ipairs(redis.call('ZRANGE', key('ring', lane), 0, -1)) do
    for _, id in ipairs(redis.call('ZRANGE', key('queue', lane, tenant), 0, -1)) do found = found + px_of(id) end
  end
  off = off + math.abs(found - tonumber(redis.call('HGET', key('depth-px'), lane) or 0))
  if found > 0 then
    redis.call('HSET', key('depth-px'), lane, string.format('%.0f', found))
  else
    redis.call('HDEL', key('depth-px'), lane)
  end
end
return off
