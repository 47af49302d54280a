-- Sends a message again, under its own id and with all its attempts before it. → 'ok', 'disabled', 'none'
local tenant, state = unpack(read_endpoint(args.id, 'tenant', 'state'))
if tenant ~= args.tenant or redis.call('HGET', message(args.message), 'endpoint') ~= args.id then return 'none' end
if state ~= 'enabled' then return 'disabled' end
if redis.call('HEXISTS', message(args.message), 'token') == 1 then return 'ok' end -- it is being sent
redis.call('HSET', message(args.message), 'tries', 0)
redis.call('PEXPIRE', message(args.message), LOG_MS)
redis.call('ZREM', key('ended', args.id), args.message)
make_due(args.message, args.id, now)
look_again(args.id)
return 'ok'
