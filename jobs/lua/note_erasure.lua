-- How far an erasure is: counts grow, fields are set, and it goes on in a while; with `done` it has ended. → 1
local name = key('erasure', args.id)
if redis.call('EXISTS', name) == 0 then return 0 end
for what, many in pairs(args.counts) do redis.call('HINCRBY', name, 'count:' .. what, many) end
for field, value in pairs(args.fields) do redis.call('HSET', name, field, value) end
if not args.done then
  redis.call('ZADD', key('erasures'), 'XX', now + args.pause_ms, args.id)
  return 1
end
redis.call('HSET', name, 'state', 'done', 'finished_ms', now)
redis.call('PEXPIRE', name, args.kept_ms)
redis.call('ZREM', key('erasures'), args.id)
redis.call('HDEL', key('tenant', args.tenant), 'erasing')
redis.call('SET', key('journal-due'), now)
return 1
