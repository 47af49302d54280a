-- The tenant's upload token is refused from now on. → 1, or 0 where it has none of that id
local record, second = key('upload-token', args.id), math.floor(now / 1000)
if redis.call('HGET', record, 'tenant') ~= args.tenant then return 0 end
if redis.call('HSETNX', record, 'revoked_at', second) == 1 then
  redis.call('ZADD', key('upload-tokens', args.tenant), 'XX', 'LT', second, args.id)
end
return 1
