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

// The text under `key` of a mapping that has just the keys `wanted`.
Status read_parts(const json& object, const std::string& key, const std::vector<std::string>& wanted,
                  const std::vector<std::string*>& out) {
  std::string list;
  for (const std::string& each : wanted) list += (list.empty() ? "" : " and ") + each;
  const json& value = object.at(key);
  bool good = value.size() == wanted.size();
  for (std::size_t i = 0; good && i < wanted.size(); ++i) {
    good = value.contains(wanted[i]) && value[wanted[i]].is_string() && value[wanted[i]] != "";
    if (good) *out[i] = value[wanted[i]].get<std::string>();
  }
  if (good) return {};
  return key_error(key, "a known word or an object with " + list, value, "see docs/study-file.md");
}

Status read_model(const json& object, TrainerConfig& config) {
  if (!object.contains("model") || !object["model"].is_object())
    return read_choice(object, "model", trainer_catalogue().models, config.model);
  config.model = "torchscript";
  return read_parts(object, "model", {"torchscript"}, {&config.script});
}

Status read_dataset(const json& object, TrainerConfig& config) {
  if (!object.contains("dataset") || !object["dataset"].is_object())
    return read_choice(object, "dataset", trainer_catalogue().datasets, config.dataset);
  const json& value = object["dataset"];
  if (!value.contains("tensors")) {
    config.dataset = "csv";
    return read_parts(object, "dataset", {"csv", "target"}, {&config.csv, &config.target});
  }
  config.dataset = "tensors";
  const json& files = value["tensors"];
  if (value.size() != 1 || !files.is_array() || files.size() != 2 || !files[0].is_string() ||
      !files[1].is_string())
    return key_error("dataset", "an object with tensors: [inputs, targets]", value, "see docs/study-file.md");
  config.tensors = files.get<std::vector<std::string>>();
  return {};
}

Status read_tasks(const json& object, TrainerConfig& config) {
  const auto it = object.find("tasks");
  if (it == object.end()) return {};
  const bool good = *it == json{"fine"} || *it == json{"coarse"} || *it == json{"fine", "coarse"};
  if (!good)
    return key_error("tasks", "[fine], [coarse] or [fine, coarse]", *it, "leave it out for fine alone");
  if (config.dataset != "cifar100")
    return bad_input("workload.tasks has no effect with dataset " + config.dataset,
                     "only cifar100 has two labels");
  config.tasks = it->get<std::vector<std::string>>();
  return {};
}

Status read_series(const json& object, TrainerConfig& config) {
  const bool series = config.dataset == "household";
  if (object.contains("window") && !series && config.dataset != "wikitext2")
    return bad_input("workload.window has no effect with dataset " + config.dataset, "drop it");
  if (object.contains("resample") && !series)
    return bad_input("workload.resample has no effect with dataset " + config.dataset, "drop it");
  if (Status status = read_whole(object, "window", 1, 100'000, config.window); !status.ok()) return status;
  return read_choice(object, "resample", {"hour", "minute"}, config.resample);
}

Status read_pretrained(const json& object, TrainerConfig& config) {
  if (const auto it = object.find("pretrained"); it != object.end()) {
    if (!it->is_string() || *it == "")
      return key_error("pretrained", "a checkpoint", *it, "name the file of one");
    config.pretrained = it->get<std::string>();
  }
  std::string part;
  if (Status status = read_choice(object, "freeze", {"backbone"}, part); !status.ok()) return status;
  config.freeze_backbone = part == "backbone";
  if (config.freeze_backbone && (config.model == "torchscript" || config.model == "forward-forward"))
    return bad_input("workload.freeze: model " + config.model + " has no part that is known as its head",
                     "drop it");
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

Status read_test(const json& object, TrainerConfig& config) {
  std::string which;
  if (Status status = read_choice(object, "test", {"official"}, which); !status.ok()) return status;
  config.official_test = which == "official";
  if (!config.official_test || has_official_test(config.dataset)) return {};
  return bad_input("workload.test: dataset " + config.dataset + " was published without test files",
                   "use the factor partitioning to set a test part aside");
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
  if (const auto wrong = task_mismatch(config.task_or_usual(), config.dataset, config.metric_or_usual()))
    return bad_input("workload: " + *wrong);
  return {};
}

}  // namespace

std::string TrainerConfig::task_or_usual() const { return task.empty() ? usual_task(dataset) : task; }

std::string TrainerConfig::metric_or_usual() const {
  return metric.empty() ? task_metrics(task_or_usual()).front() : metric;
}

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
  read(read_model(object, config));
  read(read_dataset(object, config));
  read(read_data_dir(object, config.data_dir));
  read(read_choice(object, "metric", trainer_catalogue().metrics, config.metric));
  read(read_device(object, config.device));
  read(read_whole(object, "threads", 0, 4096, config.threads));
  read(read_whole(object, "subset", 0, kBig, config.subset));
  read(read_validation(object, config.validation));
  read(read_test(object, config));
  read(read_whole(object, "split_seed", 0, kBig, config.split_seed));
  read(read_whole(object, "device_memory_mb", 0, kBig, config.device_memory_mb));
  read(read_tasks(object, config));
  read(read_series(object, config));
  read(read_pretrained(object, config));
  if (!status.ok()) return std::move(status).error();
  if (Status pairing = check_pairing(config); !pairing.ok()) return std::move(pairing).error();
  return config;
}

}  // namespace frugal
