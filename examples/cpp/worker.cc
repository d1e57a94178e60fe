// A worker in C++: fits a straight line by gradient descent. Overrides three functions; serve() does the
// talking.
#include "frugal/work/worker.h"

#include <cstdlib>
#include <iostream>
#include <map>

namespace {

using namespace frugal;

struct Line {
  double slope = 0, offset = 0, rate = 0.1;
  int epoch = 0;
};

class LineWorker final : public Worker {
 public:
  WorkerResult<WorkerCard> hello() override { return WorkerCard{"line", {"train"}, "loss", false}; }

  WorkerResult<Done> start(int trial, const Point& point, std::uint64_t) override {
    lines_[trial] = Line{.rate = point.number("learning_rate").value_or(0.1)};
    return Done{};
  }

  WorkerResult<Done> train(int trial, int epochs, const Point&, WorkEvents& events) override {
    Line& line = lines_[trial];
    for (int e = 0; e < epochs; ++e) {
      events.phase("train", true);
      double loss = 0;
      for (int i = 0; i < 10; ++i) {
        const double x = i / 10.0, error = line.slope * x + line.offset - (3 * x + 1);
        loss += error * error / 10;
        line.slope -= line.rate * error * x;
        line.offset -= line.rate * error;
      }
      events.phase("train", false);
      events.epoch(trial, {.epoch = ++line.epoch, .loss = loss, .metrics = {{"loss", loss}}, .samples = 10});
    }
    return Done{};
  }

  WorkerResult<Done> drop(int trial) override { return lines_.erase(trial), Done{}; }

 private:
  std::map<int, Line> lines_;
};

}  // namespace

int main() {
  const auto streams = frugal::worker_streams(std::getenv("FRUGAL_FDS"));
  if (!streams) return std::cerr << streams.error().message << "\n", 2;
  LineWorker worker;
  return frugal::serve(worker, *streams);
}
