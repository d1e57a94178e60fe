// Every kind of workload through the worker: other records, other tasks, scripts, pretraining, two labels.
#include <caffe2/serialize/inline_container.h>
#include <torch/script.h>

#include <cmath>

#include "frugal/train/train_testing.h"

namespace frugal {
namespace {

using namespace testing_train;

const Point kPoint = {{"batch_size", Value(std::int64_t{32})}, {"learning_rate", Value(0.05)}};
const Point kAdam = {{"batch_size", Value(std::int64_t{16})},
                     {"optimizer", Value(std::string("adam"))},
                     {"learning_rate", Value(0.003)}};

Point with(Point point, const std::string& name, Value value) {
  point.set(name, std::move(value));
  return point;
}

class WorkloadsTest : public ::testing::Test {
 protected:
  TrainerConfig config(const std::string& model, const std::string& dataset) const {
    TrainerConfig c;
    c.model = model;
    c.dataset = dataset;
    c.data_dir = folder_.path();
    c.device = "cpu";
    c.threads = 1;
    return c;
  }
  static std::vector<EpochReport> train(Worker& worker, const Point& point, int epochs) {
    must(worker.start(1, point, 5));
    Recorder events;
    must(worker.train(1, epochs, {}, events));
    return events.epochs;
  }
  std::string bytes(const std::string& name) const {
    std::ifstream file(folder_.path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Equal seeds train alike, exploring and probing move nothing, and a file goes on where it was saved.
  void expect_keeps_its_promises(const TrainerConfig& c, const Point& point) {
    const auto a = trainer(c), b = trainer(c);
    EXPECT_EQ(train(*a, point, 1)[0].loss, train(*b, point, 1)[0].loss);
    must(a->save(1, folder_.path("before")));
    Recorder events;
    must(a->explore({.trial = 1, .fraction = 0.2, .rates = {0.001, 0.01}}, events));
    must(a->probe(1, 2, {}, events));
    must(a->save(1, folder_.path("after")));
    EXPECT_EQ(bytes("before"), bytes("after"));
    const auto fresh = trainer(c);
    must(fresh->load(3, folder_.path("before")));
    must(a->train(1, 1, {}, events));
    must(fresh->train(3, 1, {}, events));
    EXPECT_EQ(events.epochs[0].loss, events.epochs[1].loss);
    EXPECT_EQ(events.epochs[0].metrics, events.epochs[1].metrics);
  }
  // Power that follows the hour of the day.
  void write_household(int hours) const {
    std::string text = "Datetime,Global_active_power,a,b,c,d,e,f\n";
    for (int i = 0; i < hours; ++i) {
      const auto two = [](int n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); };
      const int day = i / 24 % 28 + 1, month = i / (24 * 28) % 12 + 1;
      text += "2007-" + two(month) + "-" + two(day) + " " + two(i % 24) + ":00:00,";
      text += std::to_string(1.0 + std::sin(i % 24 * 0.2618)) + ",0,240,4,0,1,17\n";
    }
    write_bytes(folder_.path("household/household_power_consumption_hourly.csv"), text);
  }
  // Sentences in which each word follows from the one before.
  void write_text(int lines) const {
    std::string text;
    for (int i = 0; i < lines; ++i) text += " one two three four <unk> \n";
    write_bytes(folder_.path("wikitext-2/wiki.train.tokens"), text);
    write_bytes(folder_.path("wikitext-2/wiki.valid.tokens"), text.substr(0, text.size() / 4));
    write_bytes(folder_.path("wikitext-2/wiki.test.tokens"), text.substr(0, text.size() / 8));
  }
  void write_digits() const { write_gzip(folder_.path("digits.csv.gz"), digit_rows(300)); }
  Folder folder_;
};

TEST_F(WorkloadsTest, MnistTrainsAConvolutionalNetwork) {
  write_mnist(folder_, "mnist", 300, false);
  for (const char* model : {"mnist-cnn", "lenet"}) {
    const auto worker = trainer(config(model, "mnist"));
    const WorkerCard card = must(worker->hello());
    EXPECT_EQ(card.parameters, std::string(model) == "lenet" ? 61'706 : 1'199'882);
    EXPECT_GT(card.multiply_adds.value(), 400'000);
    EXPECT_GT(train(*worker, kAdam, 3).back().metrics.at("accuracy"), 0.5) << model;
  }
}

// The published test file calls every class by the name of the next one: what was learned is wrong there.
TEST_F(WorkloadsTest, TheTestPartIsThePublishedOneAndSteersNothing) {
  write_mnist(folder_, "mnist", 300, false);
  TrainerConfig with_test = config("mlp", "mnist");
  with_test.official_test = true;
  EXPECT_NE(failure(trainer(with_test)->hello()).message.find("t10k-images-idx3-ubyte"), std::string::npos);
  write_mnist(folder_, "mnist", 50, false, "t10k");
  std::string labels = bytes("mnist/t10k-labels-idx1-ubyte");
  for (std::size_t i = 8; i < labels.size(); ++i) labels[i] = static_cast<char>((labels[i] + 1) % 10);
  write_bytes(folder_.path("mnist/t10k-labels-idx1-ubyte"), labels);
  const auto worker = trainer(with_test), without = trainer(config("mlp", "mnist"));
  for (const auto& each : {worker.get(), without.get()}) must(each->start(1, kAdam, 1));
  Recorder tested, plain;
  const Done done = must(worker->train(1, 3, {}, tested));
  EXPECT_TRUE(must(without->train(1, 3, {}, plain)).test.empty());
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(tested.epochs[i].metrics, plain.epochs[i].metrics);
  EXPECT_GT(tested.epochs.back().metrics.at("accuracy"), 0.9);
  EXPECT_LT(done.test.at("accuracy"), 0.1);
  EXPECT_EQ(
      failure(worker->start(2, with(kAdam, "partitioning", Value(std::string("60-20-20"))), 1)).message,
      "point: partitioning sets a test part aside, and workload.test names the official one; drop one of "
      "the two");
}

TEST_F(WorkloadsTest, AnLstmForecastsTheHousehold) {
  write_household(600);
  const TrainerConfig c = config("lstm", "household");
  const auto worker = trainer(c);
  const WorkerCard card = must(worker->hello());
  EXPECT_EQ(card.metric, "r2");
  EXPECT_EQ(card.parameters, 4 * 64 * (7 + 64 + 2) + 4 * 64 * (128 + 2) + 65);
  const auto epochs = train(*worker, kAdam, 8);
  EXPECT_GT(epochs.back().metrics.at("r2"), 0.8);
  expect_keeps_its_promises(c, kAdam);
}

TEST_F(WorkloadsTest, ATransformerLearnsWhichWordFollows) {
  write_text(120);
  TrainerConfig c = config("transformer-lm", "wikitext2");
  c.window = 7;
  const auto worker = trainer(c);
  const WorkerCard card = must(worker->hello());
  EXPECT_EQ(card.metric, "perplexity");
  EXPECT_FALSE(card.maximise);
  EXPECT_EQ(card.train_samples, (120 * 6 - 1) / 7);
  EXPECT_EQ(card.validation_samples, (30 * 6 - 1) / 7);
  TrainerConfig half = c;
  half.validation = 0.5;
  half.official_test = true;
  const auto tested = trainer(half);
  EXPECT_EQ(must(tested->hello()).validation_samples, 13);
  must(tested->start(1, kAdam, 1));
  Recorder ignored;
  EXPECT_EQ(must(tested->train(1, 1, {}, ignored)).test.count("perplexity"), 1U);
  // Two layers of nn.TransformerEncoderLayer(200, 2, 200) have 242,000 parameters each.
  EXPECT_EQ(card.parameters, 6 * 200 + 2 * 242'000 + 201 * 6);
  const auto epochs = train(*worker, with(kAdam, "dropout", Value(0.1)), 6);
  EXPECT_LT(epochs.back().metrics.at("perplexity"), 1.6);
  EXPECT_NEAR(epochs.back().metrics.at("perplexity"), std::exp(epochs.back().metrics.at("loss")), 1e-9);
  expect_keeps_its_promises(c, with(kAdam, "dropout", Value(0.1)));
  expect_keeps_its_promises(c, with(kAdam, "internal", Value(std::string("jit"))));
}

TEST_F(WorkloadsTest, ATableIsClassifiedOrForecast) {
  std::string text = "x,y,kind,sum\n";
  Rng rng(3);
  for (int i = 0; i < 200; ++i) {
    const double x = rng.uniform(), y = rng.uniform();
    text += std::to_string(x) + "," + std::to_string(y) + "," + (x > y ? "7" : "3") + "," +
            std::to_string(x + y) + "\n";
  }
  write_bytes(folder_.path("t.csv"), text);
  TrainerConfig c = config("mlp", "csv");
  c.csv = folder_.path("t.csv");
  c.target = "kind";
  EXPECT_GT(train(*trainer(c), kAdam, 20).back().metrics.at("accuracy"), 0.9);
  c.task = "regression";
  c.target = "sum";
  const auto worker = trainer(c);
  EXPECT_EQ(must(worker->hello()).metric, "r2");
  EXPECT_GT(train(*worker, kAdam, 20).back().metrics.at("r2"), 0.9);
  EXPECT_EQ(failure(worker->start(1, with(kAdam, "augmentation", Value(std::string("cutmix"))), 1)).message,
            "point: augmentation cutmix is for images, and these records are none; use augmentation none");
  EXPECT_EQ(failure(worker->start(1, with(kAdam, "label_smoothing", Value(0.1)), 1)).message,
            "point: label_smoothing has no effect with a regression; drop it");
}

TEST_F(WorkloadsTest, ComparingModelsLearnAndStayRepeatable) {
  write_digits();
  for (const char* model : {"siamese", "forward-forward"}) {
    const TrainerConfig c = config(model, "digits");
    EXPECT_GT(train(*trainer(c), with(kAdam, "learning_rate", Value(0.01)), 10).back().metrics.at("accuracy"),
              0.75)
        << model;
    expect_keeps_its_promises(c, kAdam);
  }
}

TEST_F(WorkloadsTest, AVisionTransformerLearnsDigits) {
  write_digits();
  const TrainerConfig c = config("vit-small", "digits");
  const auto epochs = train(*trainer(c), with(kAdam, "learning_rate", Value(0.001)), 4);
  EXPECT_LT(epochs.back().metrics.at("loss"), epochs[0].metrics.at("loss"));
  EXPECT_GT(epochs.back().metrics.at("accuracy"), 0.3);
  expect_keeps_its_promises(c, with(kAdam, "precision", Value(std::string("mixed"))));
}

TEST_F(WorkloadsTest, TwoLabelsShareABackbone) {
  write_bytes(folder_.path("cifar-100-binary/train.bin"), cifar_records(400, 100, true));
  TrainerConfig c = config("resnet8", "cifar100");
  c.tasks = {"fine", "coarse"};
  const auto both = trainer(c);
  const WorkerCard card = must(both->hello());
  c.tasks = {"fine"};
  EXPECT_EQ(card.parameters.value() - must(trainer(c)->hello()).parameters.value(), 20 * 65);
  const auto epochs = train(*both, kPoint, 2);
  EXPECT_EQ(epochs[0].metrics.count("accuracy_coarse"), 1U);
  EXPECT_LT(epochs[1].loss, epochs[0].loss);
  c.tasks = {"coarse"};
  const auto coarse = trainer(c);
  EXPECT_EQ(must(coarse->hello()).parameters.value(), card.parameters.value() - 100 * 65);
  EXPECT_EQ(train(*coarse, kPoint, 1)[0].metrics.count("accuracy_coarse"), 0U);
}

TEST_F(WorkloadsTest, PretrainingIsTakenOverButForTheHead) {
  write_digits();
  write_mnist(folder_, "mnist", 200, false);
  const auto before = trainer(config("resnet8", "digits"));
  train(*before, kPoint, 6);
  must(before->save(1, folder_.path("backbone")));
  const double scratch = train(*trainer(config("resnet8", "digits")), kPoint, 1)[0].loss;
  TrainerConfig c = config("resnet8", "digits");
  c.pretrained = folder_.path("backbone");
  EXPECT_LT(train(*trainer(c), kPoint, 1)[0].loss, 0.5 * scratch);
  // Another data set: the same channels, other sides.
  TrainerConfig other = config("resnet8", "mnist");
  other.pretrained = folder_.path("backbone");
  other.freeze_backbone = true;
  const auto frozen = trainer(other);
  const auto epochs = train(*frozen, kPoint, 4);
  EXPECT_LT(epochs.back().loss, epochs[0].loss);
  must(frozen->save(1, folder_.path("frozen")));
  const std::string a = bytes("backbone"), b = bytes("frozen");
  const auto state = [](const std::string& file) {
    return file.substr(24 + *reinterpret_cast<const std::uint64_t*>(file.data() + 8));
  };
  const std::size_t backbone = (78'042 - 10 * 65 - 432 * 0) * sizeof(float);
  // resnet8 of one channel: 288 parameters fewer in its first convolution.
  EXPECT_EQ(state(a).substr(0, backbone - 288 * 4), state(b).substr(0, backbone - 288 * 4));
  EXPECT_NE(state(a).substr(backbone - 288 * 4, 65 * 40), state(b).substr(backbone - 288 * 4, 65 * 40));
  TrainerConfig wrong = config("resnet20", "digits");
  wrong.pretrained = folder_.path("backbone");
  EXPECT_EQ(failure(trainer(wrong)->start(1, kPoint, 1)).message,
            "workload.pretrained: " + folder_.path("backbone") +
                " holds resnet8, this workload is resnet20; use a checkpoint of the same model");
}

// A scripted network with batch normalisation, its counter of whole numbers, and dropout.
void write_script(const std::string& path, std::int64_t outputs) {
  torch::jit::Module m("net");
  const auto trained = [](const at::Tensor& t) { return t.clone().requires_grad_(); };
  m.register_attribute("training", c10::BoolType::get(), true);
  at::manual_seed(1);
  m.register_parameter("w", trained(at::randn({16, 1, 3, 3}) * 0.3), false);
  m.register_parameter("g", trained(at::ones({16})), false);
  m.register_parameter("b", trained(at::zeros({16})), false);
  m.register_parameter("v", trained(at::randn({outputs, 16}) * 0.2), false);
  m.register_buffer("mean", at::zeros({16}));
  m.register_buffer("var", at::ones({16}));
  m.register_buffer("steps", at::zeros({}, at::kLong));
  m.define(R"(
    def forward(self, x):
      if self.training:
        self.steps.add_(1)
      y = torch.conv2d(x, self.w, None, [1, 1], [1, 1])
      y = torch.batch_norm(y, self.g, self.b, self.mean, self.var, self.training, 0.1, 1e-5, False)
      y = torch.relu(y)
      y = torch.amax(y, [2, 3])
      y = torch.dropout(y, 0.1, self.training)
      return torch.matmul(y, self.v.t())
  )");
  m.save(path);
}

TEST_F(WorkloadsTest, AScriptTrainsLikeABuiltInModel) {
  write_digits();
  write_script(folder_.path("net.pt"), 10);
  TrainerConfig c = config("torchscript", "digits");
  c.script = folder_.path("net.pt");
  const auto worker = trainer(c);
  EXPECT_EQ(must(worker->hello()).parameters, 144 + 32 + 160);
  const auto epochs = train(*worker, kAdam, 6);
  EXPECT_LT(epochs.back().loss, 0.8 * epochs[0].loss);
  expect_keeps_its_promises(c, kAdam);
  expect_keeps_its_promises(c, with(kAdam, "precision", Value(std::string("mixed"))));
  EXPECT_EQ(failure(worker->start(1, with(kAdam, "precision", Value(std::string("float64"))), 1)).message,
            "point: precision float64 is not for scripts, which autocast and float32 are; use float32, "
            "float16 or mixed");
}

TEST_F(WorkloadsTest, AScriptThatDoesNotFitIsRefused) {
  write_digits();
  TrainerConfig c = config("torchscript", "digits");
  c.script = folder_.path("net.pt");
  EXPECT_NE(failure(trainer(c)->hello()).message.find("torchscript " + c.script + ": is not there"),
            std::string::npos);
  write_bytes(c.script, "not a script");
  const WorkerError damaged = failure(trainer(c)->hello());
  EXPECT_EQ(damaged.kind, WorkerErrorKind::Invalid);
  EXPECT_EQ(damaged.message.find("torchscript " + c.script + " cannot be used: "), 0U) << damaged.message;
  {
    caffe2::serialize::PyTorchStreamWriter newer(c.script);
    newer.setMinVersion(9999);
    newer.writeRecord("data.pkl", "x", 1);
    newer.writeEndOfFile();
  }
  const WorkerError foreign = failure(trainer(c)->hello());
  EXPECT_EQ(foreign.kind, WorkerErrorKind::Invalid);
  EXPECT_NE(foreign.message.find("version 9999"), std::string::npos) << foreign.message;
  EXPECT_NE(foreign.message.find("of a version of PyTorch not newer than "), std::string::npos);
  write_script(c.script, 7);
  EXPECT_EQ(failure(trainer(c)->hello()).message,
            "torchscript " + c.script +
                ": answers two records with [2, 7], the data set wants [2, 10]; give the model 10 outputs");
}

}  // namespace
}  // namespace frugal
