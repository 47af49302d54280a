-- What was read of a photo's blob is not the photo: it counts as gone, and is stored anew when it comes again; jobs that
-- name it may still try. With `whole` it is the photo after all. → 1, or 0 where it was stored anew meanwhile
local record = key('upload', args.tenant .. ':' .. args.sha256)
if redis.call('HGET', record, 'path') ~= args.path then return 0 end
if args.whole then redis.call('HDEL', record, 'doubted') else redis.call('HSET', record, 'doubted', 1) end
return 1
