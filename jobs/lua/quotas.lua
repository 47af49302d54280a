-- How many jobs an account has submitted today (UTC, on Redis' clock). They are counted in the script that takes them,
-- so none slips by between a look and a step, and what is refused or repeated counts nothing. Runs after the prelude.
--
--   spent:<account>:<day>        string  jobs taken; an account is a key and those that it was rotated to
--   upload-token:<id>            hash    jobs_left, and what else api/upload_tokens.py keeps
--   upload-token:<id>:made       set     the jobs and uploads that were made with it
local DAY_MS = 86400 * 1000

local function spent_key(account) return key('spent', account, string.format('%d', math.floor(now / DAY_MS))) end

local function spent(account) return tonumber(redis.call('GET', spent_key(account)) or 0) end

-- Why so many further jobs are not taken: 'used-up' (a token), or 'spent', how many are left today, and how many seconds
-- of it; or nil.
local function over_quota(terms, jobs)
  local token = terms.token and key('upload-token', terms.token)
  if token and tonumber(redis.call('HGET', token, 'jobs_left') or 0) < jobs then return 'used-up', '' end
  if not terms.account or not terms.jobs_per_day then return nil end
  local left = math.max(0, terms.jobs_per_day - spent(terms.account))
  if jobs > left then return 'spent', left .. ' ' .. math.ceil((DAY_MS - now % DAY_MS) / 1000) end
end

-- A job was made with a token, which may look at it from now on.
local function note_in_token(terms, id)
  if not terms.token then return end
  local token, made = key('upload-token', terms.token), key('upload-token', terms.token, 'made')
  redis.call('HINCRBY', token, 'jobs_left', -1)
  redis.call('SADD', made, id)
  redis.call('PEXPIRE', made, math.max(1, redis.call('PTTL', token)))
end

local function charge(terms, jobs)
  if not terms.account or jobs == 0 then return end
  redis.call('INCRBY', spent_key(terms.account), jobs)
  redis.call('PEXPIRE', spent_key(terms.account), 2 * DAY_MS)
end
