-- Shows how far a running job is. → 1, or 0 for a stale token
local state, token = unpack(read(args.id, 'state', 'token'))
if state ~= 'running' or token ~= args.token then return 0 end
redis.call('HSET', job(args.id), 'fraction', args.fraction, 'stage', args.stage)
if args.step then redis.call('HSET', job(args.id), 'step', args.step) end
changed(args.id)
return 1
