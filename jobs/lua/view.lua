-- One job as its tenant sees it. → {fields and values, queue position or -1} or false
local SAMPLED_TENANTS = 64

-- Where the job stands under round robin: every other tenant is served once before each of ours that stands earlier,
-- and once more if its turn comes before ours. Beyond SAMPLED_TENANTS the rest is taken to be like those.
local function ahead_in_lane(lane, tenant, rank)
  local ring = key('ring', lane)
  local turn = tonumber(redis.call('ZSCORE', ring, tenant))
  local sample, others = redis.call('ZRANGE', ring, 0, SAMPLED_TENANTS, 'WITHSCORES'), 0
  for at = 1, #sample, 2 do
    if sample[at] ~= tenant then
      local rounds = rank + (tonumber(sample[at + 1]) < turn and 1 or 0)
      others = others + math.min(rounds, redis.call('ZCARD', key('queue', lane, sample[at])))
    end
  end
  local tenants = redis.call('ZCARD', ring)
  return rank + math.floor(others * math.max(1, tenants / (SAMPLED_TENANTS + 1)))
end

local function position(id, lane, tenant)
  local rank = redis.call('ZRANK', key('queue', lane, tenant), id)
  if not rank then return -1 end
  local ahead = ahead_in_lane(lane, tenant, rank)
  local function depth(name) return tonumber(redis.call('HGET', key('depth'), name) or 0) end
  if lane == 'bulk' then return ahead + math.min(depth('interactive'), 7 * (ahead + 1)) end
  return ahead + math.min(depth('bulk'), math.floor(ahead / 7))
end

local tenant, lane, deleted = unpack(read(args.id, 'tenant', 'lane', 'deleted'))
if tenant ~= args.tenant or deleted then return false end
return {redis.call('HGETALL', job(args.id)), position(args.id, lane, tenant)}
