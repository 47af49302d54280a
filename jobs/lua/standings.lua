-- Where several jobs stand, each as its own tenant sees it. → {the standing or false}...
local answer = {}
for at, id in ipairs(args.ids) do answer[at] = standing(id, args.tenants[at], {'state'}) end
return answer
