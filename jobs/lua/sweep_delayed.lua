-- Delayed retries whose time has come → ready. → how many
local LONGEST_MS = 600000 -- no retry is put off for longer, unless the clock was set back since
for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('delayed'), '(' .. now + LONGEST_MS, '+inf', 'LIMIT', 0, args.limit)) do
  redis.call('ZADD', key('delayed'), now + LONGEST_MS, id)
end
return promote_due(args.limit)
