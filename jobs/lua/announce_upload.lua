-- A blob is about to be stored: unless put_upload records it in time, it is garbage.
discard(args.path, args.grace_ms)
