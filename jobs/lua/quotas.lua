-- How many jobs an account has submitted today (UTC, on Redis' clock). They are counted in the script that takes them,
-- so none slips by between a look and a step, and what is refused or repeated counts nothing. Runs after the prelude.
--
--   spent:<account>:<day>   string  jobs taken; an account is a key and those that it was rotated to
local DAY_MS = 86400 * 1000

local function spent_key(account) return key('spent', account, string.format('%d', math.floor(now / DAY_MS))) end

local function spent(account) return tonumber(redis.call('GET', spent_key(account)) or 0) end

-- Why so many further jobs are not taken today: 'spent' and how many are left, or nil.
local function over_quota(terms, jobs)
  if not terms.account or not terms.jobs_per_day then return nil end
  local left = math.max(0, terms.jobs_per_day - spent(terms.account))
  if jobs > left then return 'spent', left .. ' ' .. math.ceil((DAY_MS - now % DAY_MS) / 1000) end
end

local function charge(terms, jobs)
  if not terms.account or jobs == 0 then return end
  redis.call('INCRBY', spent_key(terms.account), jobs)
  redis.call('PEXPIRE', spent_key(terms.account), 2 * DAY_MS)
end
