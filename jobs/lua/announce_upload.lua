-- A blob is about to be stored: unless put_upload records it in time, it is garbage. → 1, or 0 where all of the
-- tenant's is being erased
if is_being_erased(args.tenant) then return 0 end
discard(args.path, args.grace_ms)
return 1
