-- Where a job stands, as its tenant sees it. Runs after the prelude, before the scripts that look at jobs.
local SAMPLED_TENANTS = 64

-- Where the job stands under round robin: every other tenant is served once before each of ours that stands earlier,
-- and once more if its turn comes before ours. Beyond SAMPLED_TENANTS the rest is taken to be like those.
local function ahead_in_lane(lane, tenant, rank)
  local ring = key('ring', lane)
  local turn = tonumber(redis.call('ZSCORE', ring, tenant) or math.huge) -- who is not in the ring comes last
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

-- How many jobs go before one of the tenant's that has so many of its own before it; of a route, how many of that route's:
-- what else its workers do is not counted.
local function ahead_of(lane, tenant, rank)
  local ahead, class, route = ahead_in_lane(lane, tenant, rank), parts_of_lane(lane)
  local function depth(name) return tonumber(redis.call('HGET', key('depth'), name .. route) or 0) end
  if class == 'bulk' then return ahead + math.min(depth('interactive'), 7 * (ahead + 1)) end
  return ahead + math.min(depth('bulk'), math.floor(ahead / 7))
end

local function position(id, lane, tenant)
  local rank = redis.call('ZRANK', key('queue', lane, tenant), id)
  return rank and ahead_of(lane, tenant, rank) or -1
end

-- → {values of these fields (all of them, with their names, without any), queue position or -1, mean run time of its
-- kind and of all jobs as `times` has them, jobs that run, now, when its lease is over or -1}; or false
local function standing(id, wanted_by, fields)
  local tenant, lane, deleted, signature = unpack(read(id, 'tenant', 'lane', 'deleted', 'signature'))
  if tenant ~= wanted_by or deleted then return false end
  local times = redis.call('HMGET', key('times'), signature or '*', '*')
  local record = fields and read(id, unpack(fields)) or redis.call('HGETALL', job(id))
  local lease_ms = tonumber(redis.call('ZSCORE', key('lease'), id) or -1)
  return {record, position(id, lane, tenant), times[1], times[2], redis.call('ZCARD', key('lease')), now, lease_ms}
end
