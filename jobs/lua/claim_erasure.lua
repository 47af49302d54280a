-- The next erasure to go on with, for a while this caller's alone: nobody else's who claimed it before, either.
-- → its fields and values, the caller's token among them, or false
local id = redis.call('ZRANGEBYSCORE', key('erasures'), '-inf', now, 'LIMIT', 0, 1)[1]
if not id then return false end
if redis.call('HEXISTS', key('erasure', id), 'tenant') == 0 then -- lost; whose it was asks again
  redis.call('ZREM', key('erasures'), id)
  return false
end
redis.call('ZADD', key('erasures'), now + args.lease_ms, id)
redis.call('HSET', key('erasure', id), 'token', args.token)
return redis.call('HGETALL', key('erasure', id))
