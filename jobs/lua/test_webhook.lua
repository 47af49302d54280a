-- A message that only says that the endpoint works. → 'ok', 'disabled', 'none'
local tenant, state = unpack(read_endpoint(args.id, 'tenant', 'state'))
if tenant ~= args.tenant then return 'none' end
if state ~= 'enabled' then return 'disabled' end
if redis.call('EXISTS', message(args.message)) == 0 then write_message(args.message, args.id, 'webhook.test', {}) end
return 'ok'
