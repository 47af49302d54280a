-- Blob paths to delete now. Each comes again after retry_ms, until 'collected' is told of it. → paths
local due = redis.call('ZRANGEBYSCORE', key('garbage'), '-inf', now, 'LIMIT', 0, args.limit)
for _, path in ipairs(due) do redis.call('ZADD', key('garbage'), now + args.retry_ms, path) end
return due
