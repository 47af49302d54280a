-- Delayed retries whose time has come → ready. → how many
return promote_due(args.limit)
