-- Extends the lease. → 'ok', 'cancel' (stop, then end the job as canceled) or 'lost'
local state, token, cancel, deadline = unpack(read(args.id, 'state', 'token', 'cancel', 'deadline_ms'))
if state ~= 'running' or token ~= args.token then return 'lost' end
redis.call('ZADD', key('lease'), 'XX', now + args.lease_ms, args.id)
if cancel or past(deadline) then return 'cancel' end
return 'ok'
