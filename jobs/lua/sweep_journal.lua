-- Whether Redis' journal is to be written anew, since something was erased that it still holds; seldom, as that costs.
-- → 1 or 0
local due, last = redis.call('GET', key('journal-due')), redis.call('GET', key('journal-asked'))
if not due or (last and tonumber(last) + args.every_ms > now) then return 0 end
redis.call('DEL', key('journal-due'))
redis.call('SET', key('journal-asked'), now)
return 1
