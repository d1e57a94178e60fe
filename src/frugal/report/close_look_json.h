// The trials that were looked at closely, and sensors, as JSON: what the page and the JSON report share.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "frugal/report/findings.h"

namespace frugal {

// {"traced":…,"trials":[{"trial":ID,"position":…,"figures":[…],"devices":[…],"readings":…,"length_s":…,"bucket_s":…,
// "lines":[{"device":…,"least_w":[…],"mean_w":[…],"most_w":[…],"phases":[…]}],"spans":[[begin,end,phase],…],
// "lost":[…]}]} with so many significant digits in what is drawn (17: in full).
nlohmann::ordered_json close_look_json(const Findings& findings, int digits);
nlohmann::ordered_json sensors_json(const std::vector<Trace>& sensors);
nlohmann::ordered_json host_json(const HostFacts& host);

}  // namespace frugal
