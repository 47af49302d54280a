-- A photo was stored. → the record that holds (the earlier one, if there is one), as JSON
local name = args.tenant .. ':' .. args.sha256
redis.call('HSETNX', key('upload', name), 'path', args.path)
if redis.call('HGET', key('upload', name), 'path') == args.path then
  redis.call('HSET', key('upload', name), 'record', args.record)
  redis.call('ZREM', key('garbage'), args.path) -- where it was announced
end
redis.call('ZADD', key('uploads'), 'GT', now + args.life_ms, name)
return redis.call('HGET', key('upload', name), 'record')
