-- Whether a job would wait for longer than it may, as far as mean run times tell. Runs after batches.lua.
--
--   workers          zset  living workers by their last beat (ms)        worker:<owner>   hash  threads, and what it runs on
--   threads          hash  route → threads of the workers that serve it, as counted within the last COUNTED_MS
local COUNTED_MS = 1000 -- with a thousand workers a count takes longer than all else of a submission
local LOOKED_BACK = 100 -- ends, at most: their mean is certain enough, however many jobs run at once

-- How many jobs the living workers that serve the lane run at once. A worker that comes or goes makes it be counted anew.
local function parallel_jobs(liveness_ms, lane)
  local _, route = parts_of_lane(lane)
  local known = redis.call('HGET', key('threads'), route)
  if known then return tonumber(known) end
  local jobs = 0
  for _, owner in ipairs(redis.call('ZRANGEBYSCORE', key('workers'), now - liveness_ms, '+inf')) do
    local threads, can = unpack(redis.call('HMGET', key('worker', owner), 'threads', 'can'))
    if route == '' or serves(can or '', string.sub(route, 2)) then jobs = jobs + tonumber(threads or 0) end
  end
  redis.pcall('HSET', key('threads'), route, jobs) -- a full memory lets nothing be remembered
  if redis.call('PTTL', key('threads')) == -1 then redis.call('PEXPIRE', key('threads'), COUNTED_MS) end
  return jobs
end

-- The mean run time of all jobs (ms), or that of the last few where it is longer: when more jobs run at once than did
-- before, each takes longer, and the smoothed mean learns it only once too many were taken. nil where nothing is known.
local function run_ms(parallel)
  local mean = tonumber(string.match(redis.call('HGET', key('times'), '*') or '', '^%S+'))
  local last, sum = redis.call('LRANGE', key('recent-ends'), 0, math.min(2 * parallel, LOOKED_BACK) - 1), 0
  for _, told in ipairs(last) do sum = sum + tonumber(string.match(told, '^%S+ %S+ (%S+)')) end
  return mean and math.max(mean, #last > 0 and sum / #last or 0)
end

-- As jobs/outlook.py (tests/jobs/test_patience.py holds them together): how long a job waits behind so many others (ms); 0 where nobody can tell.
local function wait_ms(position, parallel, mean)
  local free = math.max(0, parallel - redis.call('ZCARD', key('lease')))
  if parallel == 0 or not mean or position < free then return 0 end
  return (position - free + 0.5) * mean / parallel
end

-- How many jobs go before this one if every other tenant that waits now goes on to send: then each is served once before
-- each of ours. Those that come later would else make a wait longer than it was when the job was taken.
local function ahead_at_worst(order)
  local own = redis.call('ZCARD', key('queue', order.lane, order.tenant))
  local others = redis.call('ZCARD', key('ring', order.lane)) - (own > 0 and 1 or 0)
  return own + others * (own + 1)
end

-- A click waits for so long at most, and no job beyond its own deadline: what is taken is also done in time. By the
-- tenant's own turn, so that another's flood refuses nobody's click. → 'late', "wait allowed" (ms); or nil
local function impatience(order)
  local class = parts_of_lane(order.lane)
  local most = class == 'interactive' and order.max_wait_ms or math.huge
  most = math.min(most, order.deadline_ms or math.huge)
  if most == math.huge then return nil end
  local parallel, all = parallel_jobs(order.liveness_ms, order.lane), 0
  if parallel == 0 then return nil end
  local mean = run_ms(parallel)
  for _, waiting in ipairs(redis.call('HVALS', key('depth'))) do all = all + tonumber(waiting) end
  if wait_ms(all, parallel, mean) <= most then return nil end -- the last of all would wait no longer
  local wait = wait_ms(ahead_at_worst(order), parallel, mean)
  if wait > most then return 'late', string.format('%d %d', wait, most) end
end
