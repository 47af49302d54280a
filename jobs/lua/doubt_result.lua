-- A picture is not what was stored: its job stands no more for its work, nor for its idempotency key, so that asking for
-- it again makes it anew. The job stays as it ended. → 1, or 0 where that was told before, or there is no such job
local tenant, work, held = unpack(read(args.id, 'tenant', 'work', 'key'))
if tenant ~= args.tenant or redis.call('HSETNX', job(args.id), 'damaged ' .. args.path, now) == 0 then return 0 end
forget_work(tenant, work, args.id)
if held and redis.call('HGET', held, 'job') == args.id then redis.call('DEL', held) end
return 1
