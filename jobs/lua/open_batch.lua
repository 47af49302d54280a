-- A batch that nobody sees yet. Unless commit_batch follows in time, it is let go of again. → 1
if redis.call('EXISTS', batch(args.id)) == 1 then return 1 end -- the same call again, after a lost answer
redis.call('HSET', batch(args.id), 'id', args.id, 'tenant', args.tenant, 'state', 'staged', 'version', 1, 'filled', 0,
  'terms', args.terms, 'about', args.about)
redis.call('ZADD', key('batch-expiry'), now + args.grace_ms, args.id)
return 1
