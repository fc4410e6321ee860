-- Posts log-batch requests of the MLflow protocol, each with new steps: SERIES x STEPS points to one of RUNS.
local token, series, steps = os.getenv("TOKEN"), tonumber(os.getenv("SERIES")), tonumber(os.getenv("STEPS"))
local runs = {}
for run in os.getenv("RUNS"):gmatch("[^,]+") do runs[#runs + 1] = run end
local sent = os.time() % 100000 * 10000
local headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }

function request()
  sent = sent + 1
  local base = sent * steps
  local parts = {}
  for key = 1, series do
    for step = base, base + steps - 1 do
      parts[#parts + 1] = string.format(
        '{"key":"m%d","value":%.9g,"timestamp":%d,"step":%d}', key, math.random(), 1700000000000 + step * 100, step)
    end
  end
  local body = '{"run_id":"' .. runs[sent % #runs + 1] .. '","metrics":[' .. table.concat(parts, ",") .. "]}"
  return wrk.format("POST", "/api/2.0/mlflow/runs/log-batch", headers, body)
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    "RESULT requests=%d seconds=%.3f p50=%.2f p99=%.2f max=%.1f errors=%d\n",
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
