// Traces as JSON: how an agent tells a study what its meters read (docs/protocol.md), and how reports name
// sensors. Numbers come back bit for bit; absent is null, never 0.
#pragma once

#include <nlohmann/json.hpp>

#include "frugal/base/result.h"
#include "frugal/energy/work_trace.h"

namespace frugal {

// Card and interval without the readings: {"device":"gpu0","sensor":"…","method":"counter","period_s":0.1,
// "window_s":…,"relative_error":…,"interval_s":…,"whole_machine":false,"counter_range_j":null,"max_power_w":…,
// "power":{"field":"instant","period_s":…,"window_s":…},"caveat":null}
nlohmann::json sensor_to_json(const Trace& trace);
Result<Trace> sensor_from_json(const nlohmann::json& json);

// {"clock_ns":…,"readings":{"gpu0":[[t_s,power_w,counter_j],…]},"phases":[[t_s,"train"],…]}
nlohmann::json work_trace_to_json(const WorkTrace& trace);
// Cards hold the name of their device and nothing else: they travel once, as sensors.
Result<WorkTrace> work_trace_from_json(const nlohmann::json& json);

// Seconds to the nanosecond: exact for 97 days (2^23 s) about zero.
double exact_seconds(Instant at);
Instant exact_instant(double seconds);

}  // namespace frugal
