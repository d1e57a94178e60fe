// What `frugal data` asks of `frugal-data`: one JSON object, its only argument. Both are of the same build.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace frugal::app {

struct DataRequest {
  std::string verb;  // list, get or check
  std::vector<std::string> names;
  std::string data_dir = "data";
  std::string mirror;
  std::string from;
  std::string format = "text";
  bool replace = false;
  bool quiet = false;
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DataRequest, verb, names, data_dir, mirror, from, format, replace, quiet)

}  // namespace frugal::app
