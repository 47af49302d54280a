-- Some worker may look through the blob store now, and no other meanwhile. → {the path behind which to go on, now}, or
-- false where another does, or none is to yet
local holder = redis.call('GET', key('janitor-lease'))
if holder and holder ~= args.token then return false end
local path, next_ms = unpack(redis.call('HMGET', key('janitor'), 'path', 'next_ms'))
if next_ms and not past(next_ms) then return false end
redis.call('SET', key('janitor-lease'), args.token, 'PX', args.lease_ms)
return {path or '', now}
