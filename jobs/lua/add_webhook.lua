-- A new endpoint. → 1, 0 where the tenant has as many as allowed, or -1 where all of the tenant's is being erased
if is_being_erased(args.tenant) then return -1 end
if redis.call('EXISTS', endpoint(args.id)) == 1 then return 1 end -- the same call again, after a lost answer
return add_endpoint(args.tenant, args, 'api') and 1 or 0
