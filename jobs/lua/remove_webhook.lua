-- An endpoint goes with its log; what is under way finds nobody to report to. → 1, or 0 where there is none
local tenant, url = unpack(read_endpoint(args.id, 'tenant', 'url'))
if tenant ~= args.tenant then return 0 end
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
