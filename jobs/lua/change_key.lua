-- Changes a key that there is: sets fields, takes others away; `revoke`: it is refused from now on, if not already so.
-- → 1, or 0 where there is none
local record = key('key', args.id)
if redis.call('EXISTS', record) == 0 then return 0 end
for _, field in ipairs(args.unset) do redis.call('HDEL', record, field) end
for field, value in pairs(args.set) do redis.call('HSET', record, field, value) end
if args.revoke then redis.call('HSETNX', record, 'revoked_at', math.floor(now / 1000)) end
return 1
