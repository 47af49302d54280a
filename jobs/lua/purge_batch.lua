-- A part of a batch that is being erased with its tenant, whether anybody ever saw it or not. → 1 while some is left
local state, tenant = unpack(read_batch(args.id, 'state', 'tenant'))
if tenant ~= args.tenant then return 0 end
if state ~= 'erasing' then begin_erasing(args.id, true) end
return erase_items(args.id, args.limit) and 1 or 0
