#include "frugal/study/study_file.h"

#include <algorithm>
#include <cmath>

#include "frugal/base/nearest.h"
#include "frugal/base/units_text.h"
#include "frugal/energy/carbon.h"
#include "frugal/study/strategy_fields.h"
#include "frugal/study/study_checks.h"
#include "frugal/study/yaml_fields.h"
#include "frugal/work/command_template.h"
#include "frugal/work/trainer_catalogue.h"

namespace frugal {
namespace {

constexpr double kMany = 1e15;
constexpr std::int64_t kMost = 1'000'000'000;

// ---- overrides
// ---------------------------------------------------------------------------------------------

void apply_override(const YAML::Node& root, const std::string& text, int line) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw StudyFault{
        bad_input("--set " + text + ": is not key=value", "write it like --set strategy.alpha=0.5")};
  }
  YAML::Node value;
  try {
    value = YAML::Load(std::string(static_cast<std::size_t>(line), '\n') + text.substr(equals + 1));
  } catch (const YAML::Exception& failure) {
    throw StudyFault{bad_input("--set " + text + ": the value is no YAML: " + failure.msg)};
  }
  YAML::Node node(root);
  std::string path = text.substr(0, equals);
  while (true) {
    if (!node.IsMap())
      throw StudyFault{
          bad_input("--set " + text + ": '" + path + "' lies under something that is no mapping")};
    const std::size_t dot = path.find('.');
    const std::string key = path.substr(0, dot);
    if (dot == std::string::npos) {
      node[key] = value;
      return;
    }
    if (!node[key]) node[key] = YAML::Node(YAML::NodeType::Map);
    node.reset(node[key]);
    path = path.substr(dot + 1);
  }
}

// ---- workload
// ----------------------------------------------------------------------------------------------

struct ReadWorkload {
  WorkloadPlan plan;
  Goal goal;
};

std::string known_word(const Fields& fields, const char* key, const std::vector<std::string>& words,
                       std::optional<std::string> otherwise = {}) {
  return fields.word(key, std::move(otherwise), words);
}

// A word of `known`, or the texts under `parts` of a mapping; the word that stands for either.
std::string word_or_mapping(const Fields& fields, const char* key, const std::vector<std::string>& known,
                            const std::vector<std::pair<const char*, std::vector<std::string>>>& mappings,
                            nlohmann::json& settings) {
  const YAML::Node node = fields.node(key);
  if (!node || !node.IsMap()) {
    const std::string word = fields.word(key, std::nullopt, known);
    settings[key] = word;
    return word;
  }
  for (const auto& [word, parts] : mappings) {
    if (!node[parts.front()]) continue;
    const Fields inner = fields.under(key, parts);
    for (const std::string& part : parts) settings[key][part] = inner.text(part.c_str());
    return word;
  }
  fields.refuse(node, key, std::string("has no '") + mappings.front().second.front() + "'");
}

// {tensors: [inputs, targets]}
bool is_tensors(const Fields& fields, nlohmann::json& settings) {
  const YAML::Node node = fields.node("dataset");
  if (!node || !node.IsMap() || !node["tensors"]) return false;
  const YAML::Node files = node["tensors"];
  if (node.size() != 1 || !files.IsSequence() || files.size() != 2)
    fields.refuse(node, "dataset", "is {tensors: [INPUTS, TARGETS]} with two files");
  for (const YAML::Node& file : files) settings["dataset"]["tensors"].push_back(file.as<std::string>());
  return true;
}

void read_data_keys(const Fields& fields, const std::string& dataset, nlohmann::json& settings) {
  const auto only_for = [&](const char* key, const std::vector<std::string>& datasets) {
    if (!fields.has(key)) return false;
    if (std::find(datasets.begin(), datasets.end(), dataset) == datasets.end())
      fields.refuse(fields.node(key), key, "has no effect with dataset " + dataset);
    return true;
  };
  if (only_for("window", {"household", "wikitext2"}))
    settings["window"] = fields.whole("window", {}, 1, 100000);
  if (only_for("resample", {"household"}))
    settings["resample"] = fields.word("resample", {}, {"hour", "minute"});
  if (only_for("tasks", {"cifar100"})) {
    const YAML::Node tasks = fields.node("tasks");
    if (!tasks.IsSequence() || tasks.size() < 1 || tasks.size() > 2)
      fields.refuse(tasks, "tasks", "is [fine], [coarse] or [fine, coarse]");
    for (const YAML::Node& task : tasks) settings["tasks"].push_back(task.as<std::string>());
    const nlohmann::json& list = settings["tasks"];
    if (list != nlohmann::json{"fine"} && list != nlohmann::json{"coarse"} &&
        list != nlohmann::json{"fine", "coarse"})
      fields.refuse(tasks, "tasks", "is [fine], [coarse] or [fine, coarse]");
  }
  if (fields.has("test")) {
    settings["test"] = fields.word("test", {}, {"official"});
    if (!has_official_test(dataset))
      fields.refuse(fields.node("test"), "test",
                    "dataset " + dataset +
                        " was published without test files; the factor partitioning sets a test part aside");
  }
  if (fields.has("validation")) {
    const double share = fields.number("validation", {}, 0, 1);
    if (share <= 0 || share >= 1)
      fields.refuse(fields.node("validation"), "validation",
                    "is a fraction above 0 and below 1, not " + exact_text(share));
    settings["validation"] = share;
  }
}

// A file, or {study: NAME, trial: N}, without N its winner.
nlohmann::json read_pretrained(const Fields& fields) {
  if (!fields.node("pretrained").IsMap()) return fields.text("pretrained");
  const Fields from = fields.under("pretrained", {"study", "trial"});
  nlohmann::json out = {{"study", from.text("study")}};
  if (from.has("trial")) out["trial"] = from.whole("trial", {}, 0, kMost);
  return out;
}

ReadWorkload read_trainer(const Fields& fields) {
  const TrainerCatalogue& known = trainer_catalogue();
  nlohmann::json settings;
  const std::string model =
      word_or_mapping(fields, "model", known.models, {{"torchscript", {"torchscript"}}}, settings);
  const std::string dataset =
      is_tensors(fields, settings)
          ? "tensors"
          : word_or_mapping(fields, "dataset", known.datasets, {{"csv", {"csv", "target"}}}, settings);
  const std::string task = known_word(fields, "task", known.tasks, usual_task(dataset));
  const std::string metric = known_word(fields, "metric", known.metrics, task_metrics(task).front());
  settings["task"] = task;
  settings["metric"] = metric;
  settings["data_dir"] = fields.text("data_dir", "data");
  settings["device"] = fields.text("device", "auto");
  if (!is_device(settings["device"])) {
    fields.refuse(fields.node("device"), "device",
                  "is auto, cpu, cuda or cuda:N, not '" + settings["device"].get<std::string>() + "'");
  }
  if (const auto wrong = mismatch(model, dataset)) fields.refuse(fields.node("model"), "model", *wrong);
  if (const auto wrong = task_mismatch(task, dataset, metric))
    fields.refuse(fields.node(fields.has("metric") ? "metric" : "dataset"),
                  fields.has("metric") ? "metric" : "dataset", *wrong);
  settings["threads"] = fields.whole("threads", 0, 0, 4096);
  settings["subset"] = fields.whole("subset", 0, 0, kMost);
  settings["split_seed"] = fields.whole("split_seed", 1, 0, kMost);
  settings["device_memory_mb"] = fields.whole("device_memory_mb", 0, 0, kMost);
  read_data_keys(fields, dataset, settings);
  if (fields.has("pretrained")) settings["pretrained"] = read_pretrained(fields);
  if (fields.has("freeze")) settings["freeze"] = fields.word("freeze", {}, {"backbone"});
  return {TrainerWorkload{std::move(settings)}, Goal{metric, maximised(metric)}};
}

ReadWorkload read_workload(const Fields& top) {
  const Fields any = top.under("workload", {});
  const char* kind = any.has("worker")    ? "worker"
                     : any.has("command") ? "command"
                     : any.has("table")   ? "table"
                                          : nullptr;
  if (kind == nullptr) return read_trainer(top.under("workload", trainer_catalogue().keys));
  const Fields fields = top.under("workload", {kind, "metric", "goal"});
  const std::string metric = fields.text("metric", "accuracy");
  const std::string goal = fields.word("goal", maximised(metric) ? "max" : "min", {"max", "min"});
  const std::string text = fields.text(kind);
  const bool table = std::string_view(kind) == "table";
  if (text.empty()) fields.refuse(fields.node(kind), kind, table ? "names no file" : "is an empty command");
  if (table) return {RecordedWorkload{text}, Goal{metric, goal == "max"}};
  if (std::string_view(kind) == "worker") return {WorkerWorkload{text}, Goal{metric, goal == "max"}};
  const Result<CommandTemplate> command = CommandTemplate::parse(text);
  if (!command) fields.refuse(fields.node(kind), kind, command.error().message, command.error().hint);
  return {CommandWorkload{text}, Goal{metric, goal == "max"}};
}

// ---- space
// -------------------------------------------------------------------------------------------------

std::vector<Value> read_values(const Fields& fields, const YAML::Node& list, const std::string& key) {
  std::vector<Value> values;
  for (const YAML::Node& entry : list) {
    if (!entry.IsScalar()) fields.refuse(entry, key, "a choice is a number, a word, true or false");
    values.push_back(scalar_value(entry));
  }
  return values;
}

Condition read_condition(const Fields& fields, const YAML::Node& when, const std::string& key) {
  if (!when.IsMap() || when.size() != 1)
    fields.refuse(when, key,
                  "when: is a mapping of one parameter to its value or values, like {optimizer: sgd}");
  const auto entry = *when.begin();
  std::vector<Value> values =
      entry.second.IsSequence() ? read_values(fields, entry.second, key) : std::vector<Value>{};
  if (entry.second.IsScalar()) values.push_back(scalar_value(entry.second));
  return {entry.first.as<std::string>(), std::move(values)};
}

bool whole_bounds(const Fields& range) {
  return std::holds_alternative<std::int64_t>(scalar_value(range.node("low"))) &&
         std::holds_alternative<std::int64_t>(scalar_value(range.node("high")));
}

Domain read_range(const Fields& range) {
  const double low = range.number("low", {}, -kMany, kMany);
  const double high = range.number("high", {}, -kMany, kMany);
  const std::string type = range.word(
      "type", whole_bounds(range) && !range.has("points") ? "integer" : "real", {"integer", "real"});
  const bool log = range.flag("log", false);
  if (type == "integer") {
    if (range.has("points"))
      range.refuse(range.node("points"), "points", "is for real ranges; an integer range takes 'step'");
    return Integer{range.whole("low", {}, -kMost, kMost), range.whole("high", {}, -kMost, kMost),
                   range.whole("step", 1, 1, kMost), log};
  }
  if (range.has("step"))
    range.refuse(range.node("step"), "step", "is for integer ranges; a real range takes 'points'");
  Real real{low, high, log, {}};
  if (range.has("points")) real.points = static_cast<int>(range.whole("points", {}, 1, 100'000));
  return real;
}

Parameter read_parameter(const Fields& space, const std::string& name, const YAML::Node& held) {
  if (held.IsScalar()) return {name, Choice{{scalar_value(held)}}, {}};
  if (held.IsSequence()) return {name, Choice{read_values(space, held, name)}, {}};
  if (!held.IsMap())
    space.refuse(held, name, "is a list of values or a range like {low: 0.001, high: 1.0, log: true}");
  const Fields range =
      space.under(name.c_str(), {"low", "high", "log", "points", "step", "type", "choices", "when"});
  Parameter parameter{name, Choice{}, {}};
  if (range.has("choices")) {
    const Fields choices = space.under(name.c_str(), {"choices", "when"});
    if (!choices.node("choices").IsSequence())
      choices.refuse(choices.node("choices"), "choices", "is a list");
    parameter.domain = Choice{read_values(choices, choices.node("choices"), name)};
  } else {
    parameter.domain = read_range(range);
  }
  if (range.has("when")) parameter.when = read_condition(range, range.node("when"), name);
  return parameter;
}

Space read_space(const Fields& top) {
  if (!top.has("space")) return {};
  const Fields fields = top.under("space", {});
  std::vector<Parameter> parameters;
  for (const auto& entry : fields.all())
    parameters.push_back(read_parameter(fields, entry.first.Scalar(), entry.second));
  Result<Space> space = Space::make(std::move(parameters));
  if (!space) top.refuse(top.node("space"), "space", space.error().message, space.error().hint);
  return std::move(*space);
}

Point read_fixed(const Fields& top, const Space& space) {
  Point fixed;
  if (!top.has("fixed")) return fixed;
  const Fields fields = top.under("fixed", {});
  for (const auto& entry : fields.all()) {
    const std::string& key = entry.first.Scalar();
    if (!entry.second.IsScalar()) fields.refuse(entry.second, key, "is a single value");
    if (space.find(key) != nullptr)
      fields.refuse(entry.first, key, "is in 'space' as well; it can be fixed or searched, not both");
    fixed.set(key, scalar_value(entry.second));
  }
  return fixed;
}

Limits read_limits(const Fields& top, Duration& step_time) {
  Limits limits;
  if (top.has("limits")) {
    const Fields fields = top.under("limits", {"epochs", "patience", "target", "energy", "time", "step"});
    if (fields.has("epochs")) limits.epochs = static_cast<int>(fields.whole("epochs", {}, 1, kMost));
    if (fields.has("patience")) limits.patience = static_cast<int>(fields.whole("patience", {}, 1, kMost));
    if (fields.has("target")) limits.target = fields.number("target", {}, -kMany, kMany);
    limits.energy = fields.energy("energy");
    limits.time = fields.duration("time");
    step_time = fields.duration("step").value_or(step_time);
  }
  // Some end there must be.
  if (!limits.epochs) limits.epochs = 60;
  if (!limits.patience) limits.patience = 10;
  return limits;
}

EnergyPlan read_energy(const Fields& top) {
  EnergyPlan plan;
  if (!top.has("energy")) return plan;
  const Fields fields = top.under("energy", {"devices", "interval", "pue", "carbon", "trace"});
  plan.devices = fields.text("devices", plan.devices);
  plan.interval = fields.duration("interval").value_or(plan.interval);
  if (plan.interval < Duration(0.001))
    fields.refuse(fields.node("interval"), "interval", "is shorter than 1 ms");
  plan.pue = fields.number("pue", plan.pue, 1, 10);
  plan.trace = fields.flag("trace", plan.trace);
  plan.carbon = fields.text("carbon", "");
  if (plan.carbon.empty()) return plan;
  const Result<CarbonIntensity> known = carbon_intensity(plan.carbon);
  if (!known) fields.refuse(fields.node("carbon"), "carbon", known.error().message, known.error().hint);
  return plan;
}

std::string read_report(const Fields& top) {
  const std::string file = top.text("report");
  for (const char* ending : {".html", ".pdf", ".md", ".json"}) {
    if (file.size() > std::string_view(ending).size() && file.ends_with(ending)) return file;
  }
  top.refuse(top.node("report"), "report",
             "'" + file + "' is no file that ends in .html, .pdf, .md or .json");
}

Plan read_plan(const Fields& top, std::string source) {
  Plan plan;
  plan.source = std::move(source);
  plan.name = top.text("name");
  check_name(top, plan.name);
  ReadWorkload workload = read_workload(top);
  plan.workload = std::move(workload.plan);
  plan.goal = std::move(workload.goal);
  plan.space = read_space(top);
  plan.fixed = read_fixed(top, plan.space);
  plan.strategy = read_strategy(top, plan.workload, plan.space);
  plan.limits = read_limits(top, plan.step_time);
  plan.energy = read_energy(top);
  plan.repeats = static_cast<int>(top.whole("repeats", 1, 1, 100'000));
  plan.seed = static_cast<std::uint64_t>(top.whole("seed", 1, 0, kMost * kMost));
  if (top.has("report")) plan.report = read_report(top);
  check_together(top, plan);
  return plan;
}

}  // namespace

Result<Plan> parse_study(std::string_view text, std::string_view shown_name,
                         std::span<const std::string> overrides) {
  const std::string file(shown_name);
  const StudySource source{file,
                           static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1,
                           {overrides.begin(), overrides.end()}};
  try {
    YAML::Node root = YAML::Load(std::string(text));
    if (!root || root.IsNull())
      return bad_input(file + ": is empty", "see examples/digits-sm2.yaml for a study file");
    const std::vector<std::string> keys{"name",   "workload", "space",   "fixed", "strategy",
                                        "limits", "energy",   "repeats", "seed",  "report"};
    (void)Fields(root, "", source, keys);
    int line = source.lines;
    for (const std::string& change : overrides) apply_override(root, change, line++);
    return read_plan(Fields(root, "", source, keys), std::string(text));
  } catch (const StudyFault& fault) {
    return fault.error;
  } catch (const YAML::Exception& failure) {
    const std::string place = failure.mark.is_null() ? ""
                                                     : ":" + std::to_string(failure.mark.line + 1) + ":" +
                                                           std::to_string(failure.mark.column + 1);
    return bad_input(file + place + ": this is no YAML: " + failure.msg);
  }
}

}  // namespace frugal
