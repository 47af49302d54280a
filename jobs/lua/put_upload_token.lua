-- A new upload token, unless the tenant has as many as allowed. → {when it expires (Unix seconds), 0}, or {0, in how many
-- seconds there is room for another}, or {0, -1} where all of the tenant's is being erased. Records are kept for a while
-- beyond their end; of many, the newest.
--
--   upload-token:<id>        hash  the record (api/upload_tokens.py)
--   upload-tokens:<tenant>   zset  ids by when they end
local FORGOTTEN = 100 -- at a call
if is_being_erased(args.record.tenant) then return {0, -1} end
local record, listed, second = key('upload-token', args.id), key('upload-tokens', args.record.tenant), math.floor(now / 1000)
local known = redis.call('HGET', record, 'expires_at')
if known then return {tonumber(known), 0} end -- the same call again, after a lost answer

redis.call('ZREMRANGEBYSCORE', listed, '-inf', second - args.kept_s)
local first_live = redis.call('ZCOUNT', listed, '-inf', second)
if redis.call('ZCARD', listed) - first_live >= args.most then
  return {0, redis.call('ZRANGE', listed, first_live, first_live, 'WITHSCORES')[2] - second}
end
local surplus = math.min(FORGOTTEN, first_live - args.most)
for _, id in ipairs(surplus > 0 and redis.call('ZRANGE', listed, 0, surplus - 1) or {}) do
  redis.call('UNLINK', key('upload-token', id), key('upload-token', id, 'made'))
  redis.call('ZREM', listed, id)
end

local expires_at = second + args.expires_in_s
for field, value in pairs(args.record) do redis.call('HSET', record, field, value) end
redis.call('HSET', record, 'expires_at', expires_at)
redis.call('EXPIRE', record, args.expires_in_s + args.kept_s)
redis.call('ZADD', listed, expires_at, args.id)
redis.call('EXPIREAT', listed, redis.call('ZRANGE', listed, -1, -1, 'WITHSCORES')[2] + args.kept_s)
return {expires_at, 0}
