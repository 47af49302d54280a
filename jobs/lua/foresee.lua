-- What a submission would meet, without making it. → {why it is not taken or 'taken', what there is to say of that,
-- queue position, mean run time of its kind and of all jobs as `times` has them, jobs that run, Redis' time}
local why, what = objection(args)
if not why then why, what = impatience(args) end
local position = ahead_of(args.lane, args.tenant, redis.call('ZCARD', key('queue', args.lane, args.tenant)))
local times = redis.call('HMGET', key('times'), args.signature, '*')
return {why or 'taken', what or '', position, times[1], times[2], redis.call('ZCARD', key('lease')), now}
