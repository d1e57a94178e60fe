// Recorded runs, against tables whose sums are worked out by hand.
#include "frugal/work/table_workload.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace frugal {
namespace {

const Goal kGoal{"accuracy", true};

constexpr const char* kTable =
    "study,trial,repeat,batch_size,optimizer,epoch,loss,accuracy,duration_s,energy_j,energy_low_j,energy_"
    "high_j,"
    "method,coverage,phase\r\n"
    "s,0,0,16,sgd,1,1.5,0.5,2,10,8,12,counter,1,train\r\n"
    "s,0,0,16,sgd,2,1.0,0.6,3,20,16,24,integral,0.5,train\r\n"
    "s,1,0,64,adam,2,,0.8,1,,,,,,train\r\n"
    "s,1,0,64,adam,1,nan-free,0.7,1,5,5,5,model,1,train\r\n";

std::string table() {
  std::string text = kTable;
  return text.replace(text.find("nan-free"), 8, "0.9");
}

std::string fault(const std::string& text, const Goal& goal = kGoal) {
  const Result<RecordedRuns> runs = read_recorded_runs(text, "t.csv", {"batch_size", "optimizer"}, goal);
  return runs ? "none" : runs.error().message;
}

TEST(RecordedRuns, RowsOfATrialAreARunInTheOrderOfItsEpochs) {
  const Result<RecordedRuns> read = read_recorded_runs(table(), "t.csv", {"batch_size", "optimizer"}, kGoal);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->runs.size(), 2u);
  EXPECT_EQ(read->runs[0].point.text(), "batch_size=16 optimizer=sgd");
  EXPECT_EQ(read->runs[0].epochs[1].energy->value, Joules(20));
  EXPECT_EQ(read->runs[0].epochs[1].energy->method, Method::Integral);
  EXPECT_EQ(read->runs[0].epochs[1].energy->coverage, 0.5);
  EXPECT_EQ(read->runs[1].epochs[0].metrics.at("accuracy"), 0.7);
  EXPECT_FALSE(read->runs[1].epochs[1].energy);
  EXPECT_TRUE(std::isnan(read->runs[1].epochs[1].loss));
}

TEST(RecordedRuns, FaultsNameTheirPlace) {
  EXPECT_NE(fault(kTable).find("t.csv:5"), std::string::npos) << fault(kTable);
  EXPECT_NE(fault(table(), {"acuracy", true}).find("accuracy"), std::string::npos);
  const std::string head = "batch_size,optimizer,epoch,accuracy";
  EXPECT_EQ(
      fault(head + "\n1,a,1,0.5\n1,a,1,0.6\n"),
      "t.csv:3: column 'epoch': epoch 1 is there twice at batch_size=1 optimizer=a; a column that tells "
      "the runs apart is named 'trial' or 'repeat'");
  EXPECT_EQ(fault(head + "\n1,a,0.5,0.5\n"),
            "t.csv:2: column 'epoch': '0.5' is no epoch: they are counted from 1");
  EXPECT_EQ(fault(head + "\n1,a,2,0.5\n"), "the table 't.csv' holds no run from its first epoch on");
  EXPECT_NE(fault(head + ",energy_j\n1,a,1,0.5,7\n").find("'method'"), std::string::npos);
  EXPECT_EQ(fault(head + ",energy_j,method\n1,a,1,0.5,7,guess\n"),
            "t.csv:2: column 'method': 'guess' is not counter, integral or model");
  EXPECT_EQ(fault(head + ",energy_j,energy_low_j,method\n1,a,1,0.5,7,8,model\n"),
            "t.csv:2: column 'epoch': its joules are negative or outside of their own bounds");
}

class Watch final : public WorkObserver {
 public:
  void epoch(const EpochRow& row) override { epochs.push_back(row.epoch); }
  void energy(const EnergyReport&, Duration) override {}
  std::vector<int> epochs;
};

class TableWorkloadTest : public testing::Test {
 protected:
  TableWorkloadTest()
      : folder_(std::filesystem::temp_directory_path() / ("frugal-table-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "t.csv") << table();
  }
  ~TableWorkloadTest() override { std::filesystem::remove_all(folder_); }
  TableSettings settings() const {
    return {(folder_ / "t.csv").string(), {"batch_size", "optimizer"}, kGoal};
  }

  static WorkItem item(int number, std::int64_t batch, std::optional<int> from, int epochs) {
    const Point point{{"optimizer", std::string(batch == 16 ? "sgd" : "adam")}, {"batch_size", batch}};
    return {number, Step{0, point, 1, from, 0, Train{epochs, {}}, {}}, {}, {}};
  }
  Outcome run(TableWorkload& workload, const WorkItem& what) { return workload.run(what, watch_, never_); }

  std::filesystem::path folder_;
  Watch watch_;
  std::atomic<bool> never_{false};
};

TEST_F(TableWorkloadTest, ReplaysEpochsWithTheirJoules) {
  TableWorkload workload(settings());
  const Result<WorkloadCard> card = workload.open();
  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(card->sensors.size(), 1u);
  const Outcome first = run(workload, item(0, 16, {}, 1));
  EXPECT_EQ(first.energy.total->value, Joules(10));
  EXPECT_EQ(first.duration, Duration(2));
  const Outcome both = run(workload, item(1, 16, {}, 2));
  EXPECT_EQ(both.energy.total->value, Joules(30));
  EXPECT_EQ(both.energy.total->low, Joules(24));
  EXPECT_EQ(both.energy.total->method, Method::Integral);
  EXPECT_DOUBLE_EQ(both.energy.total->coverage, (1 * 2 + 0.5 * 3) / 5);
  EXPECT_EQ(both.energy.by_phase.at("train").value, Joules(30));
  const Outcome rest = run(workload, item(2, 16, 0, 5));
  ASSERT_EQ(rest.epochs.size(), 1u);
  EXPECT_EQ(rest.epochs[0].metrics.at("accuracy"), 0.6);
  EXPECT_TRUE(run(workload, item(3, 16, 2, 1)).epochs.empty());
  EXPECT_EQ(watch_.epochs, (std::vector<int>{1, 1, 2, 2}));
}

TEST_F(TableWorkloadTest, AFreshProcessGoesOnFromTheCheckpoint) {
  TableWorkload before(settings());
  ASSERT_TRUE(before.open());
  WorkItem saved = item(0, 16, {}, 1);
  saved.save_to = (folder_ / "place").string();
  (void)run(before, saved);
  TableWorkload after(settings());
  ASSERT_TRUE(after.open());
  WorkItem next = item(1, 16, 0, 1);
  EXPECT_EQ(run(after, next).failure->kind, FailureKind::CheckpointLost);
  next.base_checkpoint = saved.save_to;
  EXPECT_EQ(run(after, next).epochs.at(0).epoch, 2);
}

TEST_F(TableWorkloadTest, APointThatIsNotThereNamesTheNearest) {
  TableWorkload workload(settings());
  ASSERT_TRUE(workload.open());
  WorkItem missing = item(0, 48, {}, 1);
  const Outcome outcome = run(workload, missing);
  EXPECT_EQ(outcome.failure->kind, FailureKind::Invalid);
  EXPECT_EQ(outcome.failure->message, "the table '" + settings().path +
                                          "' has no run at optimizer=adam batch_size=48; the nearest is "
                                          "batch_size=64 optimizer=adam");
  missing.step.work = Explore{};
  EXPECT_EQ(run(workload, missing).failure->kind, FailureKind::Unsupported);
}

TEST_F(TableWorkloadTest, RepeatsOfAPointAreChosenByTheSeed) {
  std::ofstream(folder_ / "t.csv")
      << "trial,batch_size,optimizer,epoch,accuracy\n0,16,sgd,1,0.25\n1,16,sgd,1,0.75\n";
  TableWorkload workload(settings());
  const Result<WorkloadCard> card = workload.open();
  ASSERT_TRUE(card) << card.error().message;
  EXPECT_TRUE(card->sensors.empty());
  std::vector<double> found;
  for (const std::uint64_t seed : {1, 2, 3}) {
    WorkItem what = item(0, 16, {}, 1);
    what.step.seed = seed;
    found.push_back(run(workload, what).epochs.at(0).metrics.at("accuracy"));
  }
  EXPECT_EQ(found, (std::vector<double>{0.75, 0.25, 0.75}));
}

}  // namespace
}  // namespace frugal
