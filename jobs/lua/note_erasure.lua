-- How far an erasure is: counts grow, fields are set; with `pause_ms` its holder gives it back, to go on after that
-- long, and with `done` it has ended, which the audit log is told. → 1, or 0 where the caller holds it no more
if not holds_erasure(args.id, args.token) then return 0 end
local name = key('erasure', args.id)
for what, many in pairs(args.counts) do redis.call('HINCRBY', name, 'count:' .. what, many) end
for field, value in pairs(args.fields) do redis.call('HSET', name, field, value) end
if not args.done then
  redis.call('ZADD', key('erasures'), 'XX', now + (args.pause_ms or args.lease_ms), args.id)
  if args.pause_ms then redis.call('HDEL', name, 'token') end
  return 1
end
redis.call('HSET', name, 'state', 'done', 'finished_ms', now)
redis.call('HDEL', name, 'token')
redis.call('PEXPIRE', name, args.kept_ms)
redis.call('ZREM', key('erasures'), args.id)
redis.call('HDEL', key('tenant', args.tenant), 'erasing')
redis.call('HSET', key('tenant', args.tenant), 'erased_ms', now) -- what was announced up to now has lost its blob
redis.call('SET', key('journal-due'), now)
note(args.audit)
return 1
