#include "frugal/study/study_file.h"

#include <gtest/gtest.h>

namespace frugal {
namespace {

constexpr const char* kDigits = R"(name: digits
workload:
  model: resnet8
  dataset: digits
space:
  batch_size: [8, 16, 32]
  learning_rate: {low: 0.001, high: 1.0, log: true, points: 20}
  optimizer: {choices: [sgd, adam]}
  momentum: {choices: [0.0, 0.5, 0.9], when: {optimizer: sgd}}
fixed: {weight_decay: 5e-4}
strategy: {name: sm2, alpha: 0.75, beta: 0.5, explore_fraction: 0.25, thorough_epochs: 5, final_epochs: 10}
limits: {epochs: 60, patience: 5, target: 0.98, energy: 50 Wh, time: 2 h}
energy: {devices: auto, interval: 100 ms, pue: 1.0, carbon: DE}
repeats: 1
seed: 1
)";

std::string complaint(const std::string& text, std::vector<std::string> overrides = {}) {
  const Result<Plan> plan = parse_study(text, "s.yaml", overrides);
  return plan.ok() ? "accepted" : plan.error().message;
}

// kDigits with one line replaced.
std::string with(const std::string& from, const std::string& to) {
  std::string text = kDigits;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(StudyFile, ReadsTheExampleOfTheContract) {
  const Result<Plan> plan = parse_study(kDigits, "s.yaml");
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(plan->name, "digits");
  EXPECT_EQ(plan->goal.metric, "accuracy");
  EXPECT_TRUE(plan->goal.maximise);
  EXPECT_EQ(plan->space.parameters().size(), 4u);
  EXPECT_EQ(plan->limits.energy, Joules(180000));
  EXPECT_EQ(plan->limits.time, Duration(7200));
  EXPECT_EQ(plan->limits.patience, 5);
  EXPECT_EQ(plan->fixed.number("weight_decay"), 5e-4);
  EXPECT_EQ(std::get<Sm2Plan>(plan->strategy).final_epochs, 10);
  EXPECT_EQ(grid_points(plan->space.without("learning_rate"))->size(), 3u * (3 + 1));
  EXPECT_EQ(plan->source, kDigits);
}

TEST(StudyFile, ThePlanIsItselfAStudyFileAndReadsBackEqual) {
  const Result<Plan> plan = parse_study(kDigits, "s.yaml");
  const std::string json = plan_to_json(*plan).dump();
  const Result<Plan> again = parse_study(json, "plan");
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(plan_to_json(*again).dump(), json);
}

TEST(StudyFile, OverridesReplaceAndAddByDottedPath) {
  const std::vector<std::string> overrides{"strategy.alpha=1", "workload.subset=500", "name=other"};
  const Result<Plan> plan = parse_study(kDigits, "s.yaml", overrides);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(std::get<Sm2Plan>(plan->strategy).alpha, 1);
  EXPECT_EQ(std::get<TrainerWorkload>(plan->workload).settings["subset"], 500);
  EXPECT_EQ(plan->name, "other");
  EXPECT_EQ(complaint(kDigits, {"seed=2", "strategy.alpha=2"}),
            "--set strategy.alpha=2: strategy.alpha: is 2, but lies between 0 and 1");
  EXPECT_EQ(complaint(kDigits, {"alpha"}), "--set alpha: is not key=value");
  EXPECT_EQ(complaint(kDigits, {"name.x=1"}), "--set name.x=1: 'x' lies under something that is no mapping");
}

TEST(StudyFile, NamesLineColumnAndTheNearestKey) {
  EXPECT_EQ(complaint(with("fixed:", "fixd:")), "s.yaml:10:1: unknown key 'fixd' (did you mean 'fixed'?)");
  EXPECT_EQ(complaint(with("alpha", "alfa")),
            "s.yaml:11:23: unknown key 'strategy.alfa' (did you mean 'alpha'?)");
  EXPECT_EQ(complaint(with("batch_size", "batchsize")),
            "s.yaml:6:3: unknown key 'space.batchsize' (did you mean 'batch_size'?)");
  EXPECT_EQ(complaint(with("resnet8", "resnet9")),
            "s.yaml:3:10: workload.model: unknown value 'resnet9' (did you mean 'resnet8'?)");
  EXPECT_EQ(complaint(with("name: sm2", "name: sm3")),
            "s.yaml:11:18: strategy.name: unknown value 'sm3' (did you mean 'sm2'?)");
}

TEST(StudyFile, RefusesDoubledKeysWrongTypesAndRanges) {
  EXPECT_EQ(complaint(with("seed: 1", "name: again")), "s.yaml:15:1: name: is there twice");
  EXPECT_EQ(complaint(with("alpha: 0.75", "alpha: high")),
            "s.yaml:11:30: strategy.alpha: is a number, not 'high'");
  EXPECT_EQ(complaint(with("alpha: 0.75", "alpha: 1.5")),
            "s.yaml:11:30: strategy.alpha: is 1.5, but lies between 0 and 1");
  EXPECT_EQ(complaint(with("patience: 5", "patience: 2.5")),
            "s.yaml:12:32: limits.patience: is a whole number, not '2.5'");
  EXPECT_EQ(
      complaint(with("50 Wh", "50")),
      "s.yaml:12:57: limits.energy: '50' is not an energy: a number and one of the units J, kJ, MJ, Wh, kWh");
  EXPECT_EQ(complaint(with("low: 0.001, high: 1.0", "low: 1.0, high: 0.001")),
            "s.yaml:6:3: space: parameter 'learning_rate': its range 1 to 0.001 is empty");
  EXPECT_EQ(complaint("a: [1"), "s.yaml:1:1: this is no YAML: end of sequence flow not found");
  EXPECT_EQ(complaint(""), "s.yaml: is empty");
  EXPECT_EQ(complaint("- a"), "s.yaml:1:1: a study file is a mapping of keys and values, not a list");
}

TEST(StudyFile, RefusesWhatDoesNotGoTogether) {
  EXPECT_EQ(complaint(with("  learning_rate: {low: 0.001, high: 1.0, log: true, points: 20}\n", "")),
            "s.yaml:10:11: strategy: sm2 searches the learning rate and needs at least 3 candidates of it");
  EXPECT_EQ(complaint(with("fixed: {weight_decay", "fixed: {batch_size")),
            "s.yaml:10:9: fixed.batch_size: is in 'space' as well; it can be fixed or searched, not both");
  EXPECT_EQ(
      complaint(with("repeats: 1", "repeats: 2")),
      "s.yaml:14:10: repeats: sm2 runs every configuration once; repeat the study with other seeds instead");
  EXPECT_EQ(complaint("name: v\nworkload: {model: mlp, dataset: digits}\nspace: {batch_size: [1, "
                      "2]}\nstrategy: {name: vanilla}\n"),
            "s.yaml:3:8: space: vanilla trains one configuration, but the space holds several");
  EXPECT_EQ(
      complaint("name: v\nworkload: {command: \"./x {y}\"}\nstrategy: {name: vanilla}\n"),
      "s.yaml:2:21: workload.command: {y} is no parameter of this study (known: seed, epochs, trial, point)");
}

TEST(StudyFile, FillsInWhatIsLeftOpen) {
  const Result<Plan> plan = parse_study(
      "name: v\nworkload: {model: mlp, dataset: digits}\nfixed: {batch_size: 32}\nstrategy: {name: "
      "vanilla}\n",
      "s.yaml");
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(plan->limits.epochs, 60);
  EXPECT_EQ(plan->limits.patience, 10);
  EXPECT_EQ(plan->energy.devices, "auto");
  EXPECT_EQ(plan->energy.interval, Duration(0.1));
  EXPECT_EQ(plan->seed, 1u);
}

TEST(StudyFile, TheTrainerTakesScriptsTablesAndSeries) {
  const auto settings = [](const std::string& workload) -> std::string {
    const auto plan =
        parse_study("name: a\nworkload: " + workload +
                        "\nfixed: {batch_size: 8}\nstrategy: {name: vanilla}\nenergy: {devices: none}\n",
                    "s.yaml");
    return plan.ok() ? std::get<TrainerWorkload>(plan->workload).settings.dump() : plan.error().message;
  };
  const std::string script = settings("{model: {torchscript: m.pt}, dataset: {tensors: [x.pt, y.pt]}}");
  EXPECT_NE(script.find(R"("dataset":{"tensors":["x.pt","y.pt"]})"), std::string::npos) << script;
  EXPECT_NE(script.find(R"("model":{"torchscript":"m.pt"})"), std::string::npos) << script;
  const std::string series = settings("{model: lstm, dataset: household, resample: minute, window: 30}");
  EXPECT_NE(series.find(R"("metric":"r2")"), std::string::npos) << series;
  EXPECT_NE(series.find(R"("task":"regression")"), std::string::npos) << series;
  EXPECT_EQ(settings("{model: mlp, dataset: digits, window: 3}"),
            "s.yaml:2:49: workload.window: has no effect with dataset digits");
  EXPECT_EQ(settings("{model: lstm, dataset: household, metric: accuracy}"),
            "s.yaml:2:53: workload.metric: metric accuracy is none of task regression (r2, loss)");
  EXPECT_EQ(settings("{model: resnet8, dataset: cifar100, tasks: [coarse, fine]}"),
            "s.yaml:2:54: workload.tasks: is [fine], [coarse] or [fine, coarse]");
}

TEST(StudyFile, AWorkerOfTheUserHasItsOwnParameters) {
  const Result<Plan> plan = parse_study(
      "name: w\nworkload: {worker: ./w.py, metric: r2}\nspace: {anything: {low: 1, high: 5}}\nstrategy: "
      "{name: random, trials: 3}\n",
      "s.yaml");
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(std::get<WorkerWorkload>(plan->workload).command, "./w.py");
  EXPECT_TRUE(std::holds_alternative<Integer>(plan->space.find("anything")->domain));
}

TEST(StudyFile, ProgramsAndTablesComeBackFromTheirPlan) {
  for (const std::string workload : {"{\"command\":\"./x {lr}\",\"metric\":\"loss\",\"goal\":\"min\"}",
                                     "{\"table\":\"runs.csv\",\"metric\":\"f1\",\"goal\":\"max\"}"}) {
    const Result<Plan> plan = parse_study(
        "name: p\nworkload: " + workload + "\nspace: {lr: [1, 2]}\nstrategy: {name: grid}\n", "s.yaml");
    ASSERT_TRUE(plan.ok()) << plan.error().message;
    EXPECT_EQ(plan_to_json(*plan)["workload"].dump(), workload);
    const Result<Plan> again = parse_study(plan_to_json(*plan).dump(), "stored");
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(plan_to_json(*again), plan_to_json(*plan));
  }
}

TEST(ChangedKeys, NamesLeavesByDottedPath) {
  const auto json = [](const char* text) { return nlohmann::ordered_json::parse(text); };
  EXPECT_EQ(
      changed_keys(json(R"({"a":1,"b":{"c":2,"d":[1]}})"), json(R"({"a":1,"b":{"c":3,"d":[1,2]},"e":0})")),
      (std::vector<std::string>{"b.c", "b.d", "e"}));
  EXPECT_TRUE(changed_keys(json(R"({"a":{}})"), json(R"({"a":{}})")).empty());
  EXPECT_EQ(changed_keys(json(R"({"a":1,"b":2})"), json(R"({"b":2,"a":1})")),
            std::vector<std::string>{"the order of keys"});
}

}  // namespace
}  // namespace frugal
