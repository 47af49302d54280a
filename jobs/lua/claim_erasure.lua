-- The next erasure to go on with, for a while this caller's alone. → its fields and values, or false
local id = redis.call('ZRANGEBYSCORE', key('erasures'), '-inf', now, 'LIMIT', 0, 1)[1]
if not id then return false end
redis.call('ZADD', key('erasures'), now + args.lease_ms, id)
return redis.call('HGETALL', key('erasure', id))
