-- A new key: always, only as the very first one of all (`first`), or in place of another (`replaces`), which then ends
-- after an overlap. → 'made', 'late' (there is a key already), 'full' (the tenant has `most` that are valid), or why the
-- other cannot be replaced: 'none' | 'ended'
--
-- Of keys that have ended the last MAX_ENDED of a tenant are known as such; older ones are as good as never made.
--
--   key:<id>           hash  tenant, sha256, scopes, name, account, limits, times in Unix seconds (api/key_records.py)
--   keys               set   the ids of all
--   keys-erased        string  since when there is none, since the last of them were erased with their tenant's all
--   keys-of:<tenant>   zset  a tenant's by age; keys-of:* has everybody's
local MAX_ENDED = 100
local record, second = key('key', args.id), math.floor(now / 1000)
if args.first and redis.call('EXISTS', key('keys')) == 1 then return 'late' end
if redis.call('EXISTS', record) == 1 then return 'made' end -- the same call again, after a lost answer

-- How many of the tenant's keys open something, and those that no longer do, oldest first.
local function keys_by_state(tenant)
  local valid, ended = 0, {}
  for _, id in ipairs(redis.call('ZRANGE', key('keys-of', tenant), 0, -1)) do
    local sha, revoked, expires = unpack(redis.call('HMGET', key('key', id), 'sha256', 'revoked_at', 'expires_at'))
    if sha and not revoked and (not expires or tonumber(expires) > second) then
      valid = valid + 1
    else
      ended[#ended + 1] = id
    end
  end
  return valid, ended
end

-- Without this, a tenant that makes and revokes keys would fill Redis, and make this script slower with each.
local function forget_oldest(tenant, ended)
  for at = 1, #ended - MAX_ENDED do
    redis.call('DEL', key('key', ended[at]))
    redis.call('SREM', key('keys'), ended[at])
    for _, list in ipairs({key('keys-of', tenant), key('keys-of', '*')}) do redis.call('ZREM', list, ended[at]) end
  end
end

local valid, ended = keys_by_state(args.record.tenant)
forget_oldest(args.record.tenant, ended)
if args.most and valid >= args.most then return 'full' end

if args.replaces then
  local old = key('key', args.replaces)
  local sha, revoked, expires, made =
    unpack(redis.call('HMGET', old, 'sha256', 'revoked_at', 'expires_at', 'created_at'))
  if not sha then return 'none' end
  if revoked or (expires and tonumber(expires) <= second) then return 'ended' end
  redis.call('HSETNX', old, 'lasts_s', expires and tonumber(expires) - tonumber(made) or 0)
  redis.call('HSET', old, 'expires_at', math.min(tonumber(expires or math.huge), second + args.overlap_s))
end

for field, value in pairs(args.record) do redis.call('HSET', record, field, value) end
redis.call('HSET', record, 'created_at', second)
if args.expires_in_s then redis.call('HSET', record, 'expires_at', second + args.expires_in_s) end
redis.call('SADD', key('keys'), args.id)
redis.call('DEL', key('keys-erased'))
local sequence = redis.call('INCR', key('sequence'))
redis.call('ZADD', key('keys-of', args.record.tenant), sequence, args.id)
redis.call('ZADD', key('keys-of', '*'), sequence, args.id)
return 'made'
