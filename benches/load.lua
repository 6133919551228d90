-- What wrk sends for benches/run, and the one line it says at its end. What stands behind `--` on wrk's command line
-- chooses what is sent; with nothing there it is the address itself, again and again.
--
--   paths FILE                 the addresses in FILE, one a line, in turn
--   ranges BYTES               a range of 1 MiB at a random place of a file of so many bytes
--   sign-ins COUNT PASSWORD    the accounts client1 to clientCOUNT sign in in turn, each from an address of its own

local MIB = 1048576
local threads = {}

-- Each thread has its own globals; only `done` sees all of them, through what `setup` keeps.
function setup(thread)
  table.insert(threads, thread)
end

local function send_paths(file)
  local all, number = {}, 0
  for path in io.lines(file) do
    table.insert(all, wrk.format('GET', path))
  end
  function request()
    number = number % #all + 1
    return all[number]
  end
end

local function send_ranges(bytes)
  math.randomseed(7)
  function request()
    local from = math.random(0, bytes - MIB)
    wrk.headers['Range'] = string.format('bytes=%d-%d', from, from + MIB - 1)
    return wrk.format('GET')
  end
end

local function send_sign_ins(count, password)
  local number = 0
  accepted = 0
  wrk.headers['Content-Type'] = 'application/x-www-form-urlencoded'
  wrk.headers['Sec-Fetch-Site'] = 'same-origin'
  function request()
    number = number % count + 1
    -- 192.0.2.0/24 is kept for examples; the server believes it of the trusted proxy that we play.
    wrk.headers['X-Forwarded-For'] = '192.0.2.' .. number
    return wrk.format('POST', nil, nil, 'name=client' .. number .. '&password=' .. password)
  end
  function response(status)
    if status == 303 then accepted = accepted + 1 end
  end
end

function init(arguments)
  if arguments[1] == 'paths' then
    send_paths(arguments[2])
  elseif arguments[1] == 'ranges' then
    send_ranges(tonumber(arguments[2]))
  elseif arguments[1] == 'sign-ins' then
    send_sign_ins(tonumber(arguments[2]), arguments[3])
  end
end

-- load: requests, microseconds, failures, median and 99th percentile in microseconds, sign-ins accepted
function done(summary, latency)
  local errors, sum = summary.errors, 0
  for _, thread in ipairs(threads) do
    sum = sum + (thread:get('accepted') or 0)
  end
  print(string.format('load: %d %d %d %d %d %d', summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), sum))
end
