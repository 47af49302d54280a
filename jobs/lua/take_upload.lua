-- Takes one of the uploads that a token has left; with `back` one that was taken and not used. → 1, or 0 where none is left
local record = key('upload-token', args.id)
local left = redis.call('HGET', record, 'uploads_left')
if not left or (tonumber(left) < 1 and not args.back) then return 0 end
redis.call('HINCRBY', record, 'uploads_left', args.back and 1 or -1)
return 1
