-- One job as its tenant sees it. → see `standing`
return standing(args.id, args.tenant, args.fields)
