-- A client erases a batch with its jobs, a part of them at a call. → 'erased', 'more' (call again) or 'none'
local id = args.id
local state, tenant = unpack(read_batch(id, 'state', 'tenant'))
if not state then return redis.call('GET', key('gone', id)) == args.tenant and 'erased' or 'none' end
if tenant ~= args.tenant or state == 'staged' then return 'none' end
if state ~= 'erasing' then begin_erasing(id, true) end
return erase_items(id, args.limit) and 'more' or 'erased'
