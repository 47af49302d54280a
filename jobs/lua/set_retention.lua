-- How long the tenant lets its own be kept: `set` in ms by field, `unset` as the installation keeps it. What is kept
-- already follows piece by piece (sweep_retention), where it is to go earlier. → 1
local name = key('tenant', args.tenant)
for field, ms in pairs(args.set) do redis.call('HSET', name, field, ms) end
for _, field in ipairs(args.unset) do redis.call('HDEL', name, field) end
redis.call('HDEL', name, 'shortened_jobs', 'shortened_uploads')
redis.call('SADD', key('shortening'), args.tenant)
return 1
