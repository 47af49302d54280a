-- An endpoint goes with its messages, piece by piece: meanwhile it is told of nothing. What is under way finds nobody to
-- report to. → 1; 2 where messages are left, to be called again; 0 where there is no such endpoint
local tenant, url = unpack(read_endpoint(args.id, 'tenant', 'url'))
if tenant ~= args.tenant then return 0 end
redis.call('HSET', endpoint(args.id), 'state', 'disabled', 'disabled_reason', 'it is being removed')
local pieces = redis.call('ZPOPMIN', key('deliveries', args.id), args.limit)
for at = 1, #pieces, 2 do
  redis.call('UNLINK', message(pieces[at]))
  redis.call('ZREM', key('webhook-due-of', tenant), pieces[at])
end
if redis.call('EXISTS', key('deliveries', args.id)) == 1 then return 2 end
forget_url(tenant, url, args.id)
redis.call('ZREM', key('webhooks', tenant), args.id)
redis.call('ZREM', key('webhooks-due'), args.id)
for _, msg in ipairs(redis.call('ZRANGE', key('webhook-leased', args.id), 0, -1)) do
  redis.call('ZREM', key('webhook-leased-of', tenant), msg)
end
for _, name in ipairs({'webhook', 'deliveries', 'ended', 'webhook-due', 'webhook-leased'}) do
  redis.call('UNLINK', key(name, args.id))
end
return 1
