#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "frugal/base/nearest.h"
#include "frugal/base/units_text.h"
#include "frugal/train/trainer.h"
#include "frugal/work/trainer_catalogue.h"

namespace frugal {
namespace {

using nlohmann::json;

Error key_error(const std::string& key, const std::string& what, const json& value, std::string hint) {
  return bad_input("workload." + key + " must be " + what + ", not " + value.dump(), std::move(hint));
}

// Reads one of `allowed` into `out` when the key is there.
Status read_choice(const json& object, const std::string& key, const std::vector<std::string>& allowed,
                   std::string& out) {
  const auto it = object.find(key);
  if (it == object.end()) return {};
  std::string list;
  for (const std::string& word : allowed) list += (list.empty() ? "" : ", ") + word;
  if (!it->is_string())
    return key_error(key, "one of " + list, *it, "write \"" + key + "\": \"" + allowed[0] + "\"");
  out = it->get<std::string>();
  if (std::find(allowed.begin(), allowed.end(), out) != allowed.end()) return {};
  return bad_input("workload." + key + ": unknown value '" + out + "'" + did_you_mean(out, allowed),
                   "choose one of " + list);
}

// Reads a whole number in [low, high] into `out` when the key is there.
template <class Int>
Status read_whole(const json& object, const std::string& key, std::int64_t low, std::int64_t high, Int& out) {
  const auto it = object.find(key);
  if (it == object.end()) return {};
  const std::string what = "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  const bool in_range =
      it->is_number_integer() &&
      (!it->is_number_unsigned() || it->get<std::uint64_t>() <= static_cast<std::uint64_t>(high)) &&
      it->get<std::int64_t>() >= low && it->get<std::int64_t>() <= high;
  if (!in_range) return key_error(key, what, *it, "change " + key + " or leave it out for the default");
  out = static_cast<Int>(it->get<std::int64_t>());
  return {};
}

Status read_data_dir(const json& object, std::string& out) {
  const auto it = object.find("data_dir");
  if (it == object.end()) return {};
  if (!it->is_string() || it->get<std::string>().empty())
    return key_error("data_dir", "a folder", *it, "write \"data_dir\": \"data\"");
  out = it->get<std::string>();
  return {};
}

Status read_validation(const json& object, std::optional<double>& out) {
  const auto it = object.find("validation");
  if (it == object.end()) return {};
  if (!it->is_number() || !(it->get<double>() > 0.0 && it->get<double>() < 1.0))
    return key_error("validation", "a fraction above 0 and below 1", *it, "write \"validation\": 0.1");
  out = it->get<double>();
  return {};
}

Status read_device(const json& object, std::string& out) {
  const auto it = object.find("device");
  if (it == object.end()) return {};
  const std::string hint = "write \"device\": \"auto\", \"cpu\" or \"cuda:0\"";
  if (!it->is_string()) return key_error("device", "auto, cpu, cuda or cuda:N", *it, hint);
  out = it->get<std::string>();
  if (is_device(out)) return {};
  return key_error("device", "auto, cpu, cuda or cuda:N", *it, hint);
}

Status check_keys(const json& object) {
  for (const auto& [key, value] : object.items()) {
    const std::vector<std::string>& known = trainer_catalogue().keys;
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    return bad_input("workload: unknown key '" + key + "'" + did_you_mean(key, known),
                     "correct or remove '" + key + "'");
  }
  for (const char* needed : {"model", "dataset"}) {
    if (!object.contains(needed))
      return bad_input(std::string("workload: the key '") + needed + "' is missing",
                       R"(for example {"model":"mlp","dataset":"digits"})");
  }
  return {};
}

Status check_pairing(const TrainerConfig& config) {
  if (const auto wrong = mismatch(config.model, config.dataset)) return bad_input("workload: " + *wrong);
  return {};
}

}  // namespace

Result<TrainerConfig> trainer_config_from_json(std::string_view text) {
  const json object = json::parse(text, nullptr, false);
  if (object.is_discarded() || !object.is_object())
    return bad_input("--workload is not a JSON object: " + std::string(text.substr(0, 80)),
                     R"(for example --workload '{"model":"mlp","dataset":"digits"}')");
  TrainerConfig config;
  constexpr std::int64_t kBig = 1'000'000'000'000;
  Status status;
  const auto read = [&status](Status next) {
    if (status.ok() && !next.ok()) status = std::move(next);
  };
  read(check_keys(object));
  read(read_choice(object, "task", trainer_catalogue().tasks, config.task));
  read(read_choice(object, "model", trainer_catalogue().models, config.model));
  read(read_choice(object, "dataset", trainer_catalogue().datasets, config.dataset));
  read(read_data_dir(object, config.data_dir));
  read(read_choice(object, "metric", trainer_catalogue().metrics, config.metric));
  read(read_device(object, config.device));
  read(read_whole(object, "threads", 0, 4096, config.threads));
  read(read_whole(object, "subset", 0, kBig, config.subset));
  read(read_validation(object, config.validation));
  read(read_whole(object, "split_seed", 0, kBig, config.split_seed));
  read(read_whole(object, "device_memory_mb", 0, kBig, config.device_memory_mb));
  if (!status.ok()) return std::move(status).error();
  if (Status pairing = check_pairing(config); !pairing.ok()) return std::move(pairing).error();
  return config;
}

}  // namespace frugal
