-- The operator takes a job off the dead list; it stays failed, as long as it would have. → 1, or 0 when it was not there
redis.call('HDEL', job(args.id), 'dead')
return redis.call('LREM', key('dead'), 1, args.id)
