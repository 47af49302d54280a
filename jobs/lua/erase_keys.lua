-- Erases what an erasure found: whole keys (`names`), fields of hashes (`fields`), and photos (`photos`, by SHA-256)
-- that are listed and not there. Its holder keeps it for as long again. → how many keys, or -1 where the caller holds
-- the erasure no more: then all this may be somebody's who came after its end
if not holds_erasure(args.id, args.token) then return -1 end
redis.call('ZADD', key('erasures'), 'XX', now + args.lease_ms, args.id)
local erased = 0
for _, name in ipairs(args.names) do erased = erased + redis.call('UNLINK', name) end
for name, fields in pairs(args.fields) do
  for _, field in ipairs(fields) do redis.call('HDEL', key(name), field) end
end
for _, sha256 in ipairs(args.photos) do
  local photo = args.tenant .. ':' .. sha256
  if redis.call('EXISTS', key('upload', photo)) == 0 then redis.call('ZREM', key('uploads'), photo) end
end
return erased
