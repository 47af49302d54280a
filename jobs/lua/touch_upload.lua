-- The same photo again: its life is renewed. → its record as JSON, or false: also while all of the tenant's is erased
local name = args.tenant .. ':' .. args.sha256
local record = not is_being_erased(args.tenant) and redis.call('HGET', key('upload', name), 'record')
if record then redis.call('ZADD', key('uploads'), 'GT', now + kept_ms(args.tenant, 'uploads_ms', args.life_ms), name) end
return record
