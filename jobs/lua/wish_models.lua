-- What the operator wishes of the models' versions: sets fields and drops others; and whether work done from now on may
-- look different. → the hash's fields and values
--
--   models   hash   use:<model>    the version that jobs take      share:<model>  "<version> <share of 1>"
--                   look           how often workers were told to look into their weights
--                   changed_ms     since when work may look different: batches take no earlier work for theirs
local name = key('models')
for field, value in pairs(args.set) do redis.call('HSET', name, field, value) end
for _, field in ipairs(args.drop) do redis.call('HDEL', name, field) end
if args.look then redis.call('HINCRBY', name, 'look', 1) end
if args.changed then redis.call('HSET', name, 'changed_ms', now) end
return redis.call('HGETALL', name)
