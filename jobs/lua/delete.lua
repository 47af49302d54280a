-- A client erases a job. → {'erased', blob paths...}, {'flagged'} (running: erased when it ends) or {'none'}
-- Erasing again what is gone is no mistake: it may be the same call, after a lost answer.
local id = args.id
if redis.call('GET', key('gone', id)) == args.tenant then return {'erased'} end
local tenant, deleted = unpack(read(id, 'tenant', 'deleted'))
if tenant ~= args.tenant or deleted then return {'none'} end
local garbage = remove(id, tenant)
if not garbage then return {'flagged'} end
return {'erased', unpack(garbage)}
