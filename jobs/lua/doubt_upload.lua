-- What was read of a photo's blob is not the photo: it counts as gone, and is stored anew when it comes again; jobs that name it
-- may still try. → 1, or 0 where it was stored anew meanwhile
local name = args.tenant .. ':' .. args.sha256
if redis.call('HGET', key('upload', name), 'path') ~= args.path then return 0 end
redis.call('HSET', key('upload', name), 'doubted', 1)
return 1
