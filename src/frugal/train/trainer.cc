// The Worker of the built-in trainer: holds the trials, checks requests, marks phases, and turns whatever
// libtorch throws into a WorkerError.
#include "frugal/train/trainer.h"

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "frugal/base/units_text.h"
#include "frugal/train/checkpoint.h"
#include "frugal/train/exploration.h"
#include "frugal/train/learner.h"
#include "frugal/train/phase.h"
#include "frugal/train/script_model.h"
#include "frugal/train/torch_compat.h"
#include "frugal/train/training_data.h"
#include "frugal/train/trial_checks.h"
#include "frugal/work/trainer_catalogue.h"

namespace frugal {
namespace {

constexpr const char* kVersion = FRUGAL_VERSION;

struct Trial {
  Point point;
  std::shared_ptr<const DataParts> data;
  std::unique_ptr<Learner> learner;
  std::optional<double> best = {},
                        latest = {};  // of the metric that steers, since the trial was built or loaded
};

WorkerError invalid(std::string message) {
  return {.kind = WorkerErrorKind::Invalid, .message = std::move(message)};
}
WorkerError invalid(const Error& error) {
  return invalid(error.message + (error.hint.empty() ? "" : "; " + error.hint));
}

std::string check_explore(const ExploreRequest& r) {
  if (!(r.fraction > 0.0 && r.fraction <= 1.0))
    return "explore: fraction must be above 0 and at most 1, not " + exact_text(r.fraction) +
           "; 0.25 is usual";
  if (r.rates.empty()) return "explore: rates is empty; give at least one learning rate";
  for (std::size_t i = 0; i < r.rates.size(); ++i) {
    if (!std::isfinite(r.rates[i]) || r.rates[i] < 0.0 || (i > 0 && r.rates[i] < r.rates[i - 1]))
      return "explore: rates must be ascending numbers of at least 0; rates[" + std::to_string(i) + "] is " +
             exact_text(r.rates[i]);
  }
  if (r.max_cycles > 0 && r.max_cycles < r.min_cycles)
    return "explore: max_cycles " + std::to_string(r.max_cycles) + " is less than min_cycles " +
           std::to_string(r.min_cycles);
  return "";
}

class TrainerWorker final : public Worker {
 public:
  TrainerWorker(TrainerConfig config, at::Device device)
      : config_(std::move(config)), device_(device), data_(config_, device) {}

  WorkerResult<WorkerCard> hello() override {
    return guarded<WorkerCard>([&]() -> WorkerResult<WorkerCard> {
      const auto data = data_.parts({});
      if (!data.ok()) return invalid(data.error());
      if (auto wrong = cannot_train(config_.model, (*data)->train->shape()))
        return invalid("workload: " + *wrong);
      if (Status good = script_status(**data); !good.ok()) return invalid(good.error());
      WorkerCard card{.name = card_name(),
                      .can = {"train", "explore", "probe", "snapshot"},
                      .metric = config_.metric_or_usual(),
                      .maximise = maximised(config_.metric_or_usual()),
                      .train_samples = (*data)->train->count(),
                      .validation_samples = (*data)->validation->count()};
      describe(config_, (*data)->train->shape(), card);
      return card;
    });
  }

  WorkerResult<Done> start(int trial, const Point& point, std::uint64_t seed) override {
    return guarded<Done>([&]() -> WorkerResult<Done> {
      trials_.erase(trial);  // before the new one is built: both may not fit
      auto made = make_trial(point, seed);
      if (std::holds_alternative<WorkerError>(made)) return std::get<WorkerError>(made);
      warm_up(std::get<Trial>(made));
      trials_[trial] = std::get<Trial>(std::move(made));
      return Done{};
    });
  }

  WorkerResult<Done> train(int trial, int epochs, const Point& set, WorkEvents& events) override {
    return guarded<Done>([&]() -> WorkerResult<Done> {
      auto found = find(trial);
      if (std::holds_alternative<WorkerError>(found)) return std::get<WorkerError>(found);
      Trial& t = *std::get<Trial*>(found);
      if (epochs < 1) return invalid("train: epochs must be at least 1, not " + std::to_string(epochs));
      const Result<TrialSettings> settings = changed_settings(t, set);
      if (!settings.ok()) return invalid(settings.error());
      t.learner->settings() = *settings;
      t.point = merged(t.point, set);
      for (int i = 0; i < epochs; ++i) {
        if (auto trouble = train_one_epoch(trial, t, events)) return *trouble;
      }
      return Done{.test = tested(t, events)};
    });
  }

  WorkerResult<ExploreReport> explore(const ExploreRequest& request, WorkEvents& events) override {
    return guarded<ExploreReport>([&]() -> WorkerResult<ExploreReport> {
      auto found = find(request.trial);
      if (std::holds_alternative<WorkerError>(found)) return std::get<WorkerError>(found);
      if (const std::string fault = check_explore(request); !fault.empty()) return invalid(fault);
      Phase phase(events, "explore", device_);
      const Trial& t = *std::get<Trial*>(found);
      ExploreReport report = explore_rates(*t.learner, *t.data->train, *t.data->validation, request);
      phase.end();
      return report;
    });
  }

  WorkerResult<ProbeReport> probe(int trial, int steps, const Point& set, WorkEvents& events) override {
    return guarded<ProbeReport>([&]() -> WorkerResult<ProbeReport> {
      auto found = find(trial);
      if (std::holds_alternative<WorkerError>(found)) return std::get<WorkerError>(found);
      Trial& t = *std::get<Trial*>(found);
      if (steps < 1) return invalid("probe: steps must be at least 1, not " + std::to_string(steps));
      const Result<TrialSettings> settings = changed_settings(t, set);
      if (!settings.ok()) return invalid(settings.error());
      Phase phase(events, "explore", device_);
      ProbeReport report = probe_settings(*t.learner, *t.data->train, *t.data->validation, steps, *settings);
      phase.end();
      return report;
    });
  }

  WorkerResult<Done> save(int trial, const std::string& path) override {
    return guarded<Done>([&]() -> WorkerResult<Done> {
      auto found = find(trial);
      if (std::holds_alternative<WorkerError>(found)) return std::get<WorkerError>(found);
      const Trial& t = *std::get<Trial*>(found);
      const at::Tensor state = t.learner->host_state();
      const std::span<const float> words(static_cast<const float*>(state.data_ptr()),
                                         static_cast<std::size_t>(t.learner->word_count()));
      const CheckpointHeader header{.model = model_name(),
                                    .dataset = config_.dataset,
                                    .seed = t.learner->seed(),
                                    .epoch = t.learner->epoch(),
                                    .updates = t.learner->updates(),
                                    .point = t.point,
                                    .shape = shape_numbers(t.data->train->shape())};
      if (const Status status = write_checkpoint(path, header, words); !status.ok())
        return invalid(status.error());
      return Done{};
    });
  }

  WorkerResult<Done> load(int trial, const std::string& path) override {
    return guarded<Done>([&]() -> WorkerResult<Done> {
      const Result<Checkpoint> read = read_checkpoint(path);
      if (!read.ok()) return invalid(read.error());
      const CheckpointHeader& h = read->header;
      if (h.model != model_name() || h.dataset != config_.dataset)
        return invalid("checkpoint " + path + " holds " + h.model + " on " + h.dataset +
                       ", this workload is " + model_name() + " on " + config_.dataset +
                       "; load it with the workload it was made for");
      if (go_back(trial, *read)) return Done{};
      auto made = make_trial(h.point, h.seed);
      if (std::holds_alternative<WorkerError>(made)) return std::get<WorkerError>(made);
      Trial t = std::get<Trial>(std::move(made));
      if (static_cast<std::int64_t>(read->state.size()) != t.learner->word_count())
        return invalid("checkpoint " + path + " holds " + std::to_string(read->state.size()) + " values, " +
                       config_.model + " has " + std::to_string(t.learner->word_count()) +
                       "; it was made by another version, train again");
      t.learner->load(read->state, h.epoch, h.updates);
      trials_[trial] = std::move(t);
      return Done{};
    });
  }

  WorkerResult<Done> drop(int trial) override {
    if (auto found = find(trial); std::holds_alternative<WorkerError>(found))
      return std::get<WorkerError>(found);
    trials_.erase(trial);
    return Done{};
  }

 private:
  // Runs `work` without autograd, but where the model itself asks for it; whatever it throws becomes a
  // WorkerError.
  template <class T, class Work>
  WorkerResult<T> guarded(Work work) {
    const c10::InferenceMode mode(!needs_autograd(config_.model));
    const at::NoGradGuard no_graph;
    try {
      return work();
    } catch (const std::exception& error) {
      if (is_out_of_memory(error))
        return WorkerError{.kind = WorkerErrorKind::OutOfMemory,
                           .message = "out of memory on " + device_.str() + ": " + short_message(error) +
                                      "; choose a smaller batch_size, or set device_memory_mb"};
      return WorkerError{.kind = WorkerErrorKind::Internal,
                         .message = "the trainer failed: " + short_message(error)};
    }
  }

  // Loads into the trial that is held under this number where it is the one of the file; false, and nothing
  // done, where it is another.
  bool go_back(int number, const Checkpoint& file) {
    const auto held = trials_.find(number);
    if (held == trials_.end()) return false;
    Trial& t = held->second;
    Learner& learner = *t.learner;
    const Result<TrialSettings> settings = settings_from_point(file.header.point);
    if (!settings.ok() || learner.seed() != file.header.seed ||
        settings->optimizer != learner.settings().optimizer ||
        fixed_factor_changed(learner.settings(), *settings) ||
        static_cast<std::int64_t>(file.state.size()) != learner.word_count())
      return false;
    learner.settings() = *settings;
    t.point = file.header.point;
    t.best.reset();
    learner.load(file.state, file.header.epoch, file.header.updates);
    return true;
  }

  std::variant<Trial, WorkerError> make_trial(const Point& point, std::uint64_t seed) {
    const Result<TrialSettings> settings = settings_from_point(point);
    if (!settings.ok()) return invalid(settings.error());
    const auto data = data_.parts(*settings);
    if (!data.ok()) return invalid(data.error());
    const ImageShape& shape = (*data)->train->shape();
    Status fits = check_batch_size(*settings, (*data)->train->count());
    if (fits.ok()) fits = check_factors(config_, *settings, shape);
    if (fits.ok()) fits = script_status(**data);
    if (!fits.ok()) return invalid(fits.error());
    if (auto wrong = cannot_train(config_.model, shape)) return invalid("workload: " + *wrong);
    const ModelChoice model{
        .name = config_.model, .script = config_.script, .freeze_backbone = config_.freeze_backbone};
    Trial t{.point = point,
            .data = *data,
            .learner = std::make_unique<Learner>(model, *(*data)->train, *settings, seed)};
    if (!config_.pretrained.empty()) {
      if (Status adopted = adopt_pretrained(*t.learner); !adopted.ok()) return invalid(adopted.error());
    }
    return t;
  }

  // The weights of the checkpoint that the workload names, in place of the fresh ones.
  Status adopt_pretrained(Learner& learner) const {
    const Result<Checkpoint> read = read_checkpoint(config_.pretrained);
    if (!read.ok()) return read.error();
    const CheckpointHeader& h = read->header;
    const Result<TrialSettings> settings = settings_from_point(h.point);
    if (!settings.ok()) return settings.error();
    if (h.model != model_name() || h.shape.size() != 7)
      return bad_input("workload.pretrained: " + config_.pretrained + " holds " + h.model +
                           ", this workload is " + model_name(),
                       "use a checkpoint of the same model");
    const bool rounded = settings->internal == Internal::Qat || settings->internal == Internal::Ptq;
    Network other(config_.model, shape_of(h.shape), {.int8 = rounded, .script = config_.script});
    const bool wide = settings->precision == Precision::Float64;
    const at::Tensor flat = at::empty({other.plan().parameter_count() + other.plan().buffer_count()},
                                      wide ? at::kDouble : at::kFloat);
    if (flat.nbytes() > read->state.size() * sizeof(float))
      return bad_input("workload.pretrained: " + config_.pretrained + " was made by another version",
                       "train again");
    std::memcpy(flat.data_ptr(), read->state.data(), flat.nbytes());
    other.plan().bind(flat);
    return learner.adopt(other);
  }

  Status script_status(const DataParts& data) const {
    if (config_.model != "torchscript") return {};
    const Batch two = data.train->range(0, 1);
    const bool numbers = two.images.is_floating_point();
    return check_script(config_.script, numbers ? two.images.to(at::kFloat) : two.images,
                        data.train->shape().outputs());
  }

  // As a checkpoint names it.
  std::string model_name() const {
    return config_.script.empty() ? config_.model : config_.model + ":" + config_.script;
  }

  // The first steps at a batch size make the kernels for its shapes; that is no cost of the trial that comes
  // first, so it happens here, before anything is booked to an exploration or an epoch. The learner is as it
  // was.
  void warm_up(Trial& t) {
    const TrialSettings& settings = t.learner->settings();
    const bool fresh = warm_.insert({settings.batch_size, settings.precision, settings.internal}).second;
    if (!fresh && settings.internal != Internal::Jit) return;  // every trial has graphs of its own
    const double rate = settings.learning_rate;
    (void)explore_rates(*t.learner, *t.data->train, *t.data->validation,
                        {.fraction = 1e-9, .rates = {rate, rate}, .restart = true, .max_cycles = 1});
    synchronise(device_);
  }

  std::variant<Trial*, WorkerError> find(int trial) {
    const auto it = trials_.find(trial);
    if (it != trials_.end()) return &it->second;
    std::string known;
    for (const auto& [number, unused] : trials_)
      known += (known.empty() ? "" : ", ") + std::to_string(number);
    return invalid("trial " + std::to_string(trial) + " is not held by this worker (held: " +
                   (known.empty() ? "none" : known) + "); start or load it first");
  }

  static Result<TrialSettings> changed_settings(const Trial& t, const Point& set) {
    const TrialSettings& before = t.learner->settings();
    Result<TrialSettings> settings = settings_from_point(merged(t.point, set));
    if (!settings.ok()) return settings;
    if (settings->optimizer != before.optimizer)
      return bad_input(std::string("set: optimizer ") + update_rule_text(settings->optimizer) +
                           " cannot replace " + update_rule_text(before.optimizer) + " in a running trial",
                       "start a new trial with the other optimizer");
    if (const auto factor = fixed_factor_changed(before, *settings))
      return bad_input("set: " + *factor + " cannot change in a running trial",
                       "start a new trial with the other " + *factor);
    if (Status fits = check_batch_size(*settings, t.data->train->count()); !fits.ok())
      return std::move(fits).error();
    return settings;
  }

  std::optional<WorkerError> train_one_epoch(int trial, Trial& t, WorkEvents& events) {
    Learner& learner = *t.learner;
    EpochReport report;
    {
      Phase phase(events, "train", device_);
      report.loss = learner.train_epoch(*t.data->train);
      phase.end();
    }
    report.epoch = learner.epoch();
    report.samples = t.data->train->count();
    const std::int64_t batch = learner.settings().batch_size;
    report.steps = (report.samples + batch - 1) / batch;
    if (!std::isfinite(report.loss))
      return WorkerError{.kind = WorkerErrorKind::Diverged,
                         .message = "trial " + std::to_string(trial) + " diverged in epoch " +
                                    std::to_string(report.epoch) +
                                    ": the mean training loss is not finite at learning_rate " +
                                    exact_text(learner.settings().learning_rate) + "; choose a smaller one"};
    {
      Phase phase(events, "evaluate", device_);
      report.metrics = learner.evaluate(*t.data->validation, *t.data->train);
      phase.end();
    }
    events.epoch(trial, report);
    const std::string metric = config_.metric_or_usual();
    t.latest = report.metrics.at(metric);
    if (!t.best || (maximised(metric) ? *t.latest >= *t.best : *t.latest <= *t.best)) t.best = t.latest;
    return std::nullopt;
  }

  // The metrics of the test part, where there is one and the validation part has not seen this trial better.
  // A phase of its own, behind the last epoch: no epoch pays for it.
  std::map<std::string, double> tested(Trial& t, WorkEvents& events) const {
    if (!t.data->test || t.latest != t.best) return {};
    Phase phase(events, "test", device_);
    std::map<std::string, double> metrics = t.learner->evaluate(*t.data->test, *t.data->train);
    phase.end();
    return metrics;
  }

  // "frugal-trainer 0.1.0 (libtorch 1.13.1, cpu, 2 threads)"
  std::string card_name() const {
    const int threads = threads_in_use();
    std::string name = trainer_version();
    name.pop_back();
    name.append(", ").append(device_.str()).append(", ").append(std::to_string(threads));
    return name.append(threads == 1 ? " thread)" : " threads)");
  }

  TrainerConfig config_;
  at::Device device_;
  TrainingData data_;
  std::map<int, Trial> trials_;
  std::set<std::tuple<std::int64_t, Precision, Internal>> warm_;  // what steps have been taken with
};

}  // namespace

Result<std::unique_ptr<Worker>> make_trainer(const TrainerConfig& config) {
  prepare_process(config.threads);
  const Result<at::Device> device = open_device(config.device);
  if (!device.ok()) return device.error();
  return std::unique_ptr<Worker>(std::make_unique<TrainerWorker>(config, *device));
}

std::string trainer_version() {
  std::string name = "frugal-trainer ";
  return name.append(kVersion).append(" (libtorch ").append(libtorch_version()).append(")");
}

}  // namespace frugal
