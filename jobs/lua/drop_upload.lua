-- A photo's blob is missing or cut short: forget the record and what is left, unless the photo was stored anew meanwhile. → 1 or 0
local name = args.tenant .. ':' .. args.sha256
if redis.call('HGET', key('upload', name), 'path') ~= args.path then return 0 end
redis.call('DEL', key('upload', name))
redis.call('ZREM', key('uploads'), name)
discard(args.path, 0)
return 1
