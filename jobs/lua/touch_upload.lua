-- The same photo again: its life is renewed. → its record as JSON, or false: also while all of the tenant's is erased
-- path: where there is no record, a blob is about to be stored there, as announce_upload has it; 'erasing' if it may not
local name = args.tenant .. ':' .. args.sha256
local erasing = is_being_erased(args.tenant)
local known = not erasing and redis.call('HEXISTS', key('upload', name), 'doubted') == 0
local record = known and redis.call('HGET', key('upload', name), 'record')
if record then
  redis.call('ZADD', key('uploads'), 'GT', now + kept_ms(args.tenant, 'uploads_ms', args.life_ms), name)
elseif args.path then
  if erasing then return 'erasing' end
  discard(args.path, args.grace_ms)
end
return record
