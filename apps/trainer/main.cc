// frugal-trainer: the built-in worker as a process. Reads its workload from --workload, then serves the
// worker protocol on the descriptors of FRUGAL_FDS, else on stdin and stdout.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "frugal/train/trainer.h"
#include "frugal/work/worker.h"

namespace {

constexpr int kUsage = 2;
constexpr const char* kHelp =
    R"(frugal-trainer: trains models for a frugal study (libtorch inside)

  frugal-trainer --workload JSON     serve the worker protocol (docs/protocol.md)
  frugal-trainer --version | --help

JSON is an object:
  model             mlp | lenet | mnist-cnn | small-cnn | resnet8 | resnet18 | resnet20 | resnet50 | vgg16 |
                    mobilenetv2 | vit-small | siamese | forward-forward | lstm | transformer-lm |
                    {"torchscript": FILE}
  dataset           digits | mnist | fashion-mnist | cifar10 | cifar100 | household | wikitext2 |
                    {"csv": FILE, "target": COLUMN} | {"tensors": [INPUTS, TARGETS]}
  data_dir          folder of the data files                          (data)
  metric            accuracy | f1 | loss; r2 | loss; perplexity | loss  (first of the task)
  device            auto | cpu | cuda | cuda:N                        (auto)
  threads           CPU threads, 0 for every usable core              (0)
  subset            training samples to keep, 0 for all               (0)
  validation        fraction kept for validation                      (0.2 digits, 0.1 CIFAR)
  test              official: the published test files are the test part
  split_seed        seed of the split and the subset                  (1)
  device_memory_mb  limit for training data on the device, 0: it fits (0)
  task              image-classification | classification | regression | language-model
  tasks, window, resample, pretrained, freeze: see docs/study-file.md

It speaks on the descriptors of FRUGAL_FDS ("r,w"), else on stdin and stdout. `frugal run` starts it.

Example:
  echo '{"op":"hello","protocol":1}' | frugal-trainer --workload '{"model":"mlp","dataset":"digits"}'
)";

int complain(const frugal::Error& error) {
  std::fprintf(stderr, "frugal-trainer: %s\n", error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "  %s\n", error.hint.c_str());
  return kUsage;
}

// By default the threads of libgomp wait for each other by spinning for up to milliseconds: on a busy machine
// the waiting takes the core from the one waited for (measured: a step up to twenty times as long), and it
// burns energy on any. libgomp reads its settings while it is loaded, so the process replaces itself once,
// unless whoever started it has chosen. When that fails, training is only slower.
void wait_without_long_spinning(char** words) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  setenv("GOMP_SPINCOUNT", "1000", 0);
  execv("/proc/self/exe", words);
}

int serve_workload(std::string_view workload) {
  const auto config = frugal::trainer_config_from_json(workload);
  if (!config.ok()) return complain(config.error());
  const auto streams = frugal::worker_streams(std::getenv("FRUGAL_FDS"));
  if (!streams.ok()) return complain(streams.error());
  const auto worker = frugal::make_trainer(*config);
  if (!worker.ok()) return complain(worker.error());
  return frugal::serve(**worker, *streams);
}

int run(int count, char** words) {
  const std::string_view first = count > 1 ? words[1] : "";
  if (first == "--help" || first == "-h") return std::fputs(kHelp, stdout) < 0 ? 1 : 0;
  if (first == "--version") return std::printf("%s\n", frugal::trainer_version().c_str()) < 0 ? 1 : 0;
  if (first.starts_with("--workload")) wait_without_long_spinning(words);
  if (first == "--workload" && count == 3) return serve_workload(words[2]);
  constexpr std::string_view kPrefix = "--workload=";
  if (first.starts_with(kPrefix) && count == 2) return serve_workload(first.substr(kPrefix.size()));
  const std::string shown =
      first.empty() ? "no --workload was given" : "cannot read '" + std::string(first) + "'";
  return complain(frugal::bad_input(shown, "type frugal-trainer --workload JSON, or frugal-trainer --help"));
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(count, words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "frugal-trainer: %s\n", error.what());
    return 1;
  }
}
