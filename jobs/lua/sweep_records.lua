-- Ended jobs past their retention are removed; a tombstone stays. → how many
local due = redis.call('ZRANGEBYSCORE', key('expiry'), '-inf', now, 'LIMIT', 0, args.limit)
for _, id in ipairs(due) do erase(id, false) end
return #due
