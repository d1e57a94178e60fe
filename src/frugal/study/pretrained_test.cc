// workload.pretrained as a study and a trial, found in a ledger and its checkpoints.
#include "frugal/study/pretrained.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "frugal/study/checkpoints.h"
#include "frugal/study/memory_ledger.h"
#include "frugal/study/study_file.h"

namespace frugal {
namespace {

constexpr const char* kSource = R"(
name: base
workload: {model: mlp, dataset: digits}
space: {batch_size: [16, 32]}
strategy: {name: grid}
limits: {epochs: 2}
energy: {devices: none}
)";

class PretrainedTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("frugal_pretrained_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    store_ = (folder_ / "store.db").string();
    const Plan plan = *parse_study(kSource, "base.yaml");
    ASSERT_TRUE(ledger_.create({plan.name, plan_to_json(plan), kSource, plan.goal, 0}).ok());
    // Two epochs of trial 0, of which the first is the best, then trial 1, which is better, then its end.
    train(0, 0, std::nullopt, 1, 0.8);
    train(1, 0, 0, 2, 0.7);
    train(2, 1, std::nullopt, 1, 0.9);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void train(int number, TrialId trial, std::optional<int> from, int epoch, double accuracy) {
    const std::int64_t batch = trial == 0 ? 16 : 32;
    const Step step{trial, {{"batch_size", Value(batch)}}, 1, from, 0, Train{}, {}};
    Outcome outcome;
    outcome.epochs = {{epoch, 1.0, {{"accuracy", accuracy}}, 10, Duration(1), {}}};
    ASSERT_TRUE(ledger_.begin("base", number, 1, step).ok());
    ASSERT_TRUE(ledger_.finish("base", number, 1, outcome).ok());
  }
  void keep(TrialId trial, int step) {
    const auto file = Checkpoints::file(store_, "base", trial, step);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << "weights";
  }
  Result<nlohmann::json> found(const std::string& pretrained, const std::string& name = "tuned",
                               const std::string& model = "mlp") {
    const Result<Plan> plan = parse_study("name: " + name + "\nworkload: {model: " + model +
                                              ", dataset: digits, pretrained: " + pretrained +
                                              "}\nfixed: {batch_size: 16}\nstrategy: {name: vanilla}\n",
                                          "tuned.yaml");
    if (!plan) return plan.error();
    return with_pretrained_file(*plan, std::get<TrainerWorkload>(plan->workload).settings, ledger_, store_);
  }
  std::string refusal(const std::string& pretrained, const std::string& name = "tuned",
                      const std::string& model = "mlp") {
    const Result<nlohmann::json> settings = found(pretrained, name, model);
    return settings ? "accepted" : settings.error().message;
  }

  std::filesystem::path folder_;
  std::string store_;
  MemoryLedger ledger_;
};

TEST_F(PretrainedTest, AFileStaysAFile) {
  const auto settings = found("weights.ckpt");
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->at("pretrained"), "weights.ckpt");
}

TEST_F(PretrainedTest, ATrialIsTheBestStateThatItHad) {
  keep(0, 0);
  const auto settings = found("{study: base, trial: 0}");
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings->at("pretrained"), Checkpoints::file(store_, "base", 0, 0).string());
  EXPECT_EQ(refusal("{study: base, trial: 1}"),
            "workload.pretrained: the checkpoint of trial 1 of the study 'base' is gone: " +
                Checkpoints::file(store_, "base", 1, 2).string());
  EXPECT_EQ(refusal("{study: base, trial: 7}"),
            "workload.pretrained: trial 7 of the study 'base' is not there; it has 2 trials");
}

TEST_F(PretrainedTest, TheWinnerIsThereOnceTheStudyIsOver) {
  keep(1, 2);
  EXPECT_EQ(refusal("{study: base}"),
            "workload.pretrained: the study 'base' is not over, so that it has no winner yet");
  ASSERT_TRUE(ledger_.stop("base", "exhausted").ok());
  const auto settings = found("{study: base}");
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings->at("pretrained"), Checkpoints::file(store_, "base", 1, 2).string());
}

TEST_F(PretrainedTest, SaysWhatCannotBe) {
  EXPECT_EQ(refusal("{study: bose}"), "workload.pretrained: there is no study 'bose' (did you mean 'base'?)");
  EXPECT_EQ(refusal("{study: base}", "base"),
            "workload.pretrained: the study 'base' would begin from itself");
  EXPECT_EQ(refusal("{study: base, trial: 0}", "tuned", "resnet8"),
            "workload.pretrained: the study 'base' trains \"mlp\", this one \"resnet8\"");
  EXPECT_NE(refusal("{study: base, tiral: 0}").find("(did you mean 'trial'?)"), std::string::npos);
  const Step drop{0, {{"batch_size", Value(std::int64_t{16})}}, 1, 1, 0, Drop{}, {}};
  ASSERT_TRUE(ledger_.begin("base", 3, 1, drop).ok());
  ASSERT_TRUE(ledger_.finish("base", 3, 1, {}).ok());
  EXPECT_EQ(refusal("{study: base, trial: 0}"),
            "workload.pretrained: trial 0 of the study 'base' was dropped, and its weights with it");
}

}  // namespace
}  // namespace frugal
