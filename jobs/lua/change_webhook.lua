-- A client changes an endpoint. Switched on anew it has no past failures. → 1, or 0 where there is none
local tenant, url, state = unpack(read_endpoint(args.id, 'tenant', 'url', 'state'))
if tenant ~= args.tenant then return 0 end
for _, field in ipairs({'url', 'events', 'description', 'state'}) do
  if args[field] then redis.call('HSET', endpoint(args.id), field, args[field]) end
end
if args.url and args.url ~= url then
  forget_url(tenant, url, args.id)
  redis.call('HSETNX', key('webhook-urls', tenant), redis.sha1hex(args.url), args.id)
end
if args.state == 'enabled' and state ~= 'enabled' then
  redis.call('HDEL', endpoint(args.id), 'disabled_reason', 'failing_since_ms', 'failures')
elseif args.state == 'disabled' and state ~= 'disabled' then
  redis.call('HSET', endpoint(args.id), 'disabled_reason', 'switched off by its owner')
end
look_again(args.id)
return 1
