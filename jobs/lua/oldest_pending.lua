-- Since when the oldest of the jobs waits that could be claimed now. → its creation (ms) or false, and Redis' time (ms)
local SAMPLED_TENANTS = 500 -- of each lane, those that were served longest ago
local oldest = false
local lanes = {'interactive', 'bulk'}
for lane in pairs_of(key('depth')) do
  if is_routed(lane) then lanes[#lanes + 1] = lane end
end
for _, lane in ipairs(lanes) do
  for _, tenant in ipairs(redis.call('ZRANGE', key('ring', lane), 0, SAMPLED_TENANTS - 1)) do
    local id = redis.call('ZRANGE', key('queue', lane, tenant), 0, 0)[1]
    local requeued, created = unpack(read(id, 'requeued_ms', 'created_ms'))
    local since = tonumber(requeued or created or nil)
    if since and (not oldest or since < oldest) then oldest = since end
  end
end
return {oldest, now}
