-- A tenant's API keys open nothing and are known no more. → how many there were
local ids = redis.call('ZRANGE', key('keys-of', args.tenant), 0, -1)
for _, id in ipairs(ids) do
  redis.call('DEL', key('key', id))
  redis.call('SREM', key('keys'), id)
  redis.call('ZREM', key('keys-of', '*'), id)
end
redis.call('DEL', key('keys-of', args.tenant))
return #ids
