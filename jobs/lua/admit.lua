-- A key, or an upload token, was shown: whose is it, may it go on, and how much is left to it? One script, so that who is
-- asking and how often costs one round trip. The caller compares the secrets' hashes once more, in constant time.
-- → {verdict, what of its limit: {limit, left, ms until more}, jobs of today, its record's fields}
--   verdict: ok | unknown | blocked (too many wrong guesses) | revoked | ended (past its time) | limited
--
--   key:<id>, upload-token:<id>   hash  the record        rate:<account>      hash  requests of this minute and the last
--   failures:<address>            hash  wrong secrets in a minute, in all and for each id
local MINUTE_MS = 60 * 1000
local USED_EVERY_S = 60 -- last_used_at is written at most so often

local failures, record = key('failures', args.address), {}
local fields = redis.call('HGETALL', key(args.kind, args.id))
for at = 1, #fields, 2 do record[fields[at]] = fields[at + 1] end

-- Answers a wrong secret: after too many of an address, that is all that it hears. Until then ids that never were are
-- counted as those that are, so that nobody learns which there are; then only those that are, as others fill the memory.
local function wrong()
  local all = redis.call('HINCRBY', failures, 'all', 1)
  if record.sha256 or all <= args.max_failures then redis.call('HINCRBY', failures, args.id, 1) end
  if redis.call('PTTL', failures) < 0 then redis.call('PEXPIRE', failures, MINUTE_MS) end
  return {all > args.max_failures and 'blocked' or 'unknown', {0, 0, redis.call('PTTL', failures)}, 0, {}}
end

-- Takes one request of the limit, over the last 60 s: of the minute before this one, which was counted as a whole, the
-- part counts that those reach back into. What is refused is not counted. → whether there was one, left, ms until more
local function take(account, limit)
  local minute, at = math.floor(now / MINUTE_MS), now % MINUTE_MS / MINUTE_MS
  local since, count, before = unpack(redis.call('HMGET', key('rate', account), 'minute', 'count', 'before'))
  local passed = minute - tonumber(since or 0)
  count, before = tonumber(count or 0), tonumber(before or 0)
  if passed ~= 0 then count, before = 0, passed == 1 and count or 0 end
  local left = limit - before * (1 - at) - count
  if left >= 1 then
    redis.call('HSET', key('rate', account), 'minute', minute, 'count', count + 1, 'before', before)
    redis.call('PEXPIRE', key('rate', account), 2 * MINUTE_MS)
    return true, math.floor(left - 1), (1 - at) * MINUTE_MS
  end
  local until_then -- in minutes from this one's start
  if count < limit then until_then = 1 - (limit - 1 - count) / before else until_then = 2 - (limit - 1) / count end
  return false, 0, (until_then - at) * MINUTE_MS
end

local function ended()
  if record.revoked_at then return 'revoked' end
  if record.key then -- a token ends with the key that made it
    local made_by, revoked, expires =
      unpack(redis.call('HMGET', key('key', record.key), 'tenant', 'revoked_at', 'expires_at'))
    if not made_by or revoked or past(expires and tonumber(expires) * 1000) then return 'revoked' end
  end
  if past(record.expires_at and tonumber(record.expires_at) * 1000) then return 'ended' end
end

local function note_use()
  local used_at = math.floor(now / 1000)
  if used_at - tonumber(record.last_used_at or 0) < USED_EVERY_S then return end
  redis.call('HSET', key(args.kind, args.id), 'last_used_at', used_at)
end

if tonumber(redis.call('HGET', failures, args.id) or 0) >= args.max_guesses then
  return {'blocked', {0, 0, redis.call('PTTL', failures)}, 0, {}}
end
if not record.sha256 or record.sha256 ~= args.sha256 then return wrong() end
local why = ended()
if why then return {why, {0, 0, 0}, 0, {}} end
note_use()

local account = record.account or args.id
local limit, taken, left, wait_ms = tonumber(record.requests_per_minute or args.requests_per_minute), true, 0, 0
if limit > 0 then taken, left, wait_ms = take(account, limit) end
return {taken and 'ok' or 'limited', {limit, left, math.ceil(wait_ms)}, spent(account), fields}
