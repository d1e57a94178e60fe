#include <gtest/gtest.h>

#include "frugal/train/trainer.h"

namespace frugal {
namespace {

std::string fault(const std::string& json) {
  const Result<TrainerConfig> config = trainer_config_from_json(json);
  return config.ok() ? "no error" : config.error().message;
}

TEST(TrainerConfig, ReadsEveryKeyAndHasDefaults) {
  const auto plain = trainer_config_from_json(R"({"model":"mlp","dataset":"digits"})");
  ASSERT_TRUE(plain.ok()) << plain.error().message;
  EXPECT_EQ(plain->metric_or_usual(), "accuracy");
  EXPECT_EQ(plain->task_or_usual(), "image-classification");
  EXPECT_EQ(plain->device, "auto");
  EXPECT_EQ(plain->split_seed, 1U);
  EXPECT_FALSE(plain->validation);
  const auto full = trainer_config_from_json(
      R"({"task":"image-classification","model":"resnet18","dataset":"cifar10","data_dir":"d","metric":"loss",
          "device":"cuda:1","threads":2,"subset":500,"validation":0.25,"test":"official","split_seed":9,"device_memory_mb":3})");
  ASSERT_TRUE(full.ok()) << full.error().message;
  EXPECT_EQ(full->device, "cuda:1");
  EXPECT_EQ(full->subset, 500);
  EXPECT_EQ(*full->validation, 0.25);
  EXPECT_TRUE(full->official_test);
  EXPECT_FALSE(plain->official_test);
  EXPECT_EQ(full->device_memory_mb, 3);
}

TEST(TrainerConfig, RefusesWithTheKeyTheValueAndTheNearestOne) {
  EXPECT_EQ(fault(R"({"model":"mlp","dataset":"digits","thread":2})"),
            "workload: unknown key 'thread' (did you mean 'threads'?)");
  EXPECT_EQ(fault(R"({"model":"resnet81","dataset":"digits"})"),
            "workload.model: unknown value 'resnet81' (did you mean 'resnet8'?)");
  EXPECT_EQ(fault(R"({"dataset":"digits"})"), "workload: the key 'model' is missing");
  EXPECT_EQ(fault(R"({"model":"mlp","dataset":"digits","threads":-1})"),
            "workload.threads must be a whole number from 0 to 4096, not -1");
  EXPECT_EQ(fault(R"({"model":"mlp","dataset":"digits","subset":1.5})"),
            "workload.subset must be a whole number from 0 to 1000000000000, not 1.5");
  EXPECT_EQ(fault(R"({"model":"mlp","dataset":"digits","subset":18446744073709551615})"),
            "workload.subset must be a whole number from 0 to 1000000000000, not 18446744073709551615");
  EXPECT_EQ(fault(R"({"model":"mlp","dataset":"digits","validation":1})"),
            "workload.validation must be a fraction above 0 and below 1, not 1");
  EXPECT_EQ(fault(R"({"model":"mlp","dataset":"digits","device":"gpu"})"),
            "workload.device must be auto, cpu, cuda or cuda:N, not \"gpu\"");
  EXPECT_EQ(fault(R"({"model":"resnet18","dataset":"digits"})"),
            "workload: model resnet18 needs images of 32×32, digits has 8×8; use model mlp or resnet8 for "
            "digits, or dataset cifar10");
  EXPECT_EQ(fault("nonsense"), "--workload is not a JSON object: nonsense");
}

TEST(TrainerConfig, ReadsScriptsTablesTensorsAndSeries) {
  const auto script = trainer_config_from_json(
      R"({"model":{"torchscript":"m.pt"},"dataset":{"tensors":["x.pt","y.pt"]},"task":"regression"})");
  ASSERT_TRUE(script.ok()) << script.error().message;
  EXPECT_EQ(script->script, "m.pt");
  EXPECT_EQ(script->tensors[1], "y.pt");
  EXPECT_EQ(script->metric_or_usual(), "r2");
  const auto table = trainer_config_from_json(
      R"({"model":"mlp","dataset":{"csv":"t.csv","target":"kind"},"pretrained":"c","freeze":"backbone"})");
  ASSERT_TRUE(table.ok()) << table.error().message;
  EXPECT_EQ(table->target, "kind");
  EXPECT_TRUE(table->freeze_backbone);
  const auto series =
      trainer_config_from_json(R"({"model":"lstm","dataset":"household","resample":"minute","window":30})");
  ASSERT_TRUE(series.ok()) << series.error().message;
  EXPECT_EQ(series->window, 30);
  EXPECT_EQ(series->metric_or_usual(), "r2");
}

TEST(TrainerConfig, RefusesWhatDoesNotGoTogether) {
  EXPECT_EQ(fault(R"({"model":"lstm","dataset":"cifar10"})"),
            "workload: model lstm needs a series, cifar10 has none; use dataset household");
  EXPECT_EQ(fault(R"({"model":"lstm","dataset":"household","metric":"accuracy"})"),
            "workload: metric accuracy is none of task regression (r2, loss)");
  EXPECT_EQ(fault(R"({"model":"mlp","dataset":"digits","task":"regression"})"),
            "workload: dataset digits is for task image-classification, not regression");
  EXPECT_EQ(fault(R"({"model":"mlp","dataset":"digits","window":3})"),
            "workload.window has no effect with dataset digits");
  EXPECT_EQ(fault(R"({"model":"mlp","dataset":"digits","test":"official"})"),
            "workload.test: dataset digits was published without test files");
  EXPECT_EQ(fault(R"({"model":"resnet8","dataset":"cifar10","tasks":["coarse"]})"),
            "workload.tasks has no effect with dataset cifar10");
  EXPECT_EQ(
      fault(R"({"model":"resnet8","dataset":{"csv":"t.csv"}})"),
      "workload.dataset must be a known word or an object with csv and target, not {\"csv\":\"t.csv\"}");
  EXPECT_EQ(fault(R"({"model":{"torchscript":"m.pt"},"dataset":"digits","freeze":"backbone"})"),
            "workload.freeze: model torchscript has no part that is known as its head");
}

TEST(TrainerConfig, NamesADeviceThatIsNotThere) {
  TrainerConfig config;
  config.model = "mlp";
  config.dataset = "digits";
  config.device = "cuda:97";
  const auto made = make_trainer(config);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().message.substr(0, 15), "device cuda:97:") << made.error().message;
}

}  // namespace
}  // namespace frugal
