// The worker's side of the worker protocol (docs/protocol.md): a Worker does the work, serve() does the
// talking. A Worker holds the trials it was asked to start; serve() calls it from one thread, one request at
// a time. Whatever a Worker returns as a WorkerError costs its trial, never the study.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/space/point.h"
#include "frugal/trial/outcome.h"

namespace frugal {

enum class WorkerErrorKind { Diverged, OutOfMemory, Invalid, Unsupported, Internal };
const char* worker_error_text(WorkerErrorKind kind);

struct WorkerError {
  WorkerErrorKind kind = WorkerErrorKind::Internal;
  std::string message;
};

// Either a value or a WorkerError.
template <class T>
using WorkerResult = std::variant<T, WorkerError>;
struct Done {
  // After train: metrics of the test part for the state that the trial has now, where the worker looked. Told
  // to people, never to a strategy.
  std::map<std::string, double> test = {};
};

// What a worker says of itself in answer to `hello`.
struct WorkerCard {
  std::string name;                 // "frugal-trainer 0.1.0 (libtorch 1.13.1, cpu, 2 threads)"
  std::vector<std::string> can;     // of: train explore probe snapshot
  std::string metric = "accuracy";  // the one that steers the study
  bool maximise = true;
  std::optional<std::int64_t> train_samples = {};
  std::optional<std::int64_t> validation_samples = {};
  std::optional<std::int64_t> parameters = {};     // of the model
  std::optional<std::int64_t> multiply_adds = {};  // of one record's forward pass
};

// One epoch: mean training loss over the epoch, metrics on the validation part, training samples processed.
struct EpochReport {
  int epoch = 0;  // counted from 1 over the trial's life
  double loss = 0;
  std::map<std::string, double> metrics;
  std::int64_t samples = 0;
  std::int64_t steps = 0;  // of the optimiser; 0: not told
};

struct ExploreRequest {
  int trial = 0;
  double fraction = 0.25;     // of the training set; at least one cycle over all rates is run
  std::vector<double> rates;  // ascending; one per step, cycling
  bool restart = false;       // every cycle starts from the backup ("restart"), else "continue"
  int min_cycles = 1;
  int max_cycles = 0;  // 0: as many as the fraction allows
};

struct ExploreReport {
  std::vector<RatePoint> curve;           // in the order of the steps; a loss that is not finite is NaN
  double loss_before = 0;                 // the loss on the first batch before any step
  std::map<std::string, double> metrics;  // after the exploration and before the restore (continue only)
  std::int64_t samples = 0;
  int steps = 0;
  int budget_steps = 0;  // batches in `fraction` of the training set at this trial's batch size
};

struct ProbeReport {
  double loss = 0;
  std::map<std::string, double> metrics;
  std::int64_t samples = 0;
};

// What a worker may say while it works. phase() brackets work whose joules are booked under that name:
// "explore", "train", "evaluate", "load", "other"; phases do not nest.
class WorkEvents {
 public:
  virtual ~WorkEvents() = default;
  virtual void epoch(int trial, const EpochReport& report) = 0;
  virtual void phase(const std::string& name, bool begin) = 0;
};

class Worker {
 public:
  virtual ~Worker() = default;
  virtual WorkerResult<WorkerCard> hello() = 0;
  // Builds the trial at `point` from `seed`; a trial of that number that exists is replaced.
  virtual WorkerResult<Done> start(int trial, const Point& point, std::uint64_t seed) = 0;
  // Trains `epochs` more epochs with `set` (e.g. learning_rate) in force from now on.
  virtual WorkerResult<Done> train(int trial, int epochs, const Point& set, WorkEvents& events) = 0;
  // Leaves weights, optimiser state and counters of the trial as they were, bit for bit.
  virtual WorkerResult<ExploreReport> explore(const ExploreRequest& request, WorkEvents& events);
  // Trains `steps` steps with `set`, evaluates, and leaves the trial as it was.
  virtual WorkerResult<ProbeReport> probe(int trial, int steps, const Point& set, WorkEvents& events);
  // Writes the trial to a file that load() of a fresh worker continues from. The write is atomic.
  virtual WorkerResult<Done> save(int trial, const std::string& path);
  virtual WorkerResult<Done> load(int trial, const std::string& path);
  virtual WorkerResult<Done> drop(int trial) = 0;
};

// Where serve() reads and writes: the descriptors of FRUGAL_FDS ("r,w") or stdin and stdout.
struct WorkerStreams {
  int read_fd = 0;
  int write_fd = 1;
};
// Parses the value of FRUGAL_FDS; null means stdin and stdout.
Result<WorkerStreams> worker_streams(const char* fds);

// Reads requests until `shutdown` or the end of input. Returns 0, or 1 when the stream broke.
// Exceptions of the worker become {"ok":false,"error":"internal"}.
int serve(Worker& worker, WorkerStreams streams);

}  // namespace frugal
