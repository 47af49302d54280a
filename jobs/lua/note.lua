-- Something was done, or refused: into the audit log of the tenant, or of whose key it was (`shown`: its kind and id).
-- → {tenant, id, hash}, or false where nothing is kept
if args.shown then args.tenant = redis.call('HGET', key(args.shown, args.shown_id), 'tenant') end
if not args.tenant then return false end
local id, hash = note(args)
return id and {args.tenant, id, hash}
