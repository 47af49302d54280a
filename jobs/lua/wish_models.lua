-- What the operator wishes of the models' versions: sets fields and drops others; which version jobs keep where none is
-- named; whether newer ones may take the place of those that were only kept; and whether work done from now on may look
-- different. → the hash's fields and values
--
--   models   hash   use:<model>    the version that jobs take      share:<model>  "<version> <share of 1>"
--                   kept:<model>   that same version, where nobody chose it: a share of another was wished for
--                   look           how often workers were told to look into their weights
--                   changed_ms     since when work may look different: batches take no earlier work for theirs
local name = key('models')
for field, value in pairs(args.set) do redis.call('HSET', name, field, value) end
for _, field in ipairs(args.drop) do redis.call('HDEL', name, field) end
for model, version in pairs(args.taken) do -- by all jobs from now on: a part of them need not be told to
  local share = redis.call('HGET', name, 'share:' .. model)
  if share and string.match(share, '^%S+') == version then redis.call('HDEL', name, 'share:' .. model) end
end
for model, version in pairs(args.keep) do
  if redis.call('HEXISTS', name, 'use:' .. model) == 0 then
    redis.call('HSET', name, 'use:' .. model, version, 'kept:' .. model, version)
  end
end
if args.newest then
  for field, version in pairs_of(name) do
    local model = string.match(field, '^kept:(.+)$')
    if model and redis.call('HEXISTS', name, 'share:' .. model) == 0 then
      redis.call('HDEL', name, field)
      if redis.call('HGET', name, 'use:' .. model) == version then redis.call('HDEL', name, 'use:' .. model) end
    end
  end
end
if args.look then redis.call('HINCRBY', name, 'look', 1) end
if args.changed then redis.call('HSET', name, 'changed_ms', now) end
return redis.call('HGETALL', name)
