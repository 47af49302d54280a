-- A worker says that it lives, and what it is; those who have said nothing for long leave the list. → 1
-- Also with the memory full: or no worker would seem to live, while all of them finish what they run.
local facts = key('worker', args.owner)
local threads, can = unpack(redis.call('HMGET', facts, 'threads', 'can'))
if threads ~= tostring(args.facts.threads) or (can or '') ~= (args.facts.can or '') then redis.call('DEL', key('threads')) end
for name, value in pairs(args.facts) do redis.call('HSET', facts, name, value) end
for version in string.gmatch(args.facts.can or '', '%S+=%S+') do redis.call('HSET', key('versions'), version, now) end
redis.call('HSET', facts, 'beat', now, 'started', now - args.age_ms)
redis.call('PEXPIRE', facts, args.life_ms)
redis.call('ZADD', key('workers'), now, args.owner)
redis.call('ZREMRANGEBYSCORE', key('workers'), '-inf', now - args.life_ms)
redis.call('ZREMRANGEBYSCORE', key('workers'), now + args.life_ms, '+inf') -- from before the clock was set back
return 1
