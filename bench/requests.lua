-- For wrk: posts one body again and again, and ends with a line of JSON.
-- wrk ... -s requests.lua URL -- FILE_WITH_THE_BODY KEY

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method, wrk.body = "POST", file:read("*a")
  file:close()
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Bearer " .. args[2]
end

function done(summary, latency)
  local lost = summary.errors
  io.write(string.format(
    '\n{"answers":%d,"refused":%d,"broken":%d,"seconds":%.6f,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, lost.status, lost.connect + lost.read + lost.write + lost.timeout,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99)))
end
