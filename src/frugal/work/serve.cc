// serve(): the loop of a worker process. One request, any number of events, one answer.
#include <charconv>
#include <csignal>
#include <cstring>
#include <exception>
#include <new>

#include "frugal/base/overloaded.h"
#include "frugal/work/line_channel.h"
#include "frugal/work/protocol.h"
#include "frugal/work/worker.h"

namespace frugal {
namespace {

using nlohmann::json;

class ChannelEvents final : public WorkEvents {
 public:
  explicit ChannelEvents(LineChannel& channel) : channel_(channel) {}
  void epoch(int trial, const EpochReport& report) override { send(epoch_line(trial, report)); }
  void phase(const std::string& name, bool begin) override { send(phase_line(name, begin)); }
  bool broken() const { return broken_; }

 private:
  void send(const std::string& line) { broken_ = broken_ || !channel_.write_line(line).ok(); }
  LineChannel& channel_;
  bool broken_ = false;
};

template <class T, class ToJson>
std::string answer_of(const WorkerResult<T>& result, ToJson&& to_json) {
  if (const auto* error = std::get_if<WorkerError>(&result))
    return error_line(worker_error_text(error->kind), error->message);
  return to_json(std::get<T>(result)).dump();
}

json done(const Done& told) {
  json body{{"ok", true}};
  if (!told.test.empty()) body["test"] = metrics_to_json(told.test);
  return body;
}

std::string answered(Worker& worker, const Request& request, WorkEvents& events) {
  return std::visit(
      Overloaded{
          [&](const HelloRequest& r) {
            if (r.protocol != kProtocolVersion) {
              return error_line("unsupported", "protocol " + std::to_string(r.protocol) +
                                                   " is not spoken here, only " +
                                                   std::to_string(kProtocolVersion));
            }
            return answer_of(worker.hello(), card_to_json);
          },
          [&](const StartRequest& r) { return answer_of(worker.start(r.trial, r.point, r.seed), done); },
          [&](const TrainRequest& r) {
            return answer_of(worker.train(r.trial, r.epochs, r.set, events), done);
          },
          [&](const ExploreRequest& r) {
            return answer_of(worker.explore(r, events), explore_report_to_json);
          },
          [&](const ProbeRequest& r) {
            return answer_of(worker.probe(r.trial, r.steps, r.set, events), probe_report_to_json);
          },
          [&](const SaveRequest& r) { return answer_of(worker.save(r.trial, r.path), done); },
          [&](const LoadRequest& r) { return answer_of(worker.load(r.trial, r.path), done); },
          [&](const DropRequest& r) { return answer_of(worker.drop(r.trial), done); },
          [](const ShutdownRequest&) {
            return json{{"ok", true}}.dump();
          }},
      request);
}

std::string answered_safely(Worker& worker, const Request& request, WorkEvents& events) {
  try {
    return answered(worker, request, events);
  } catch (const std::bad_alloc&) {
    return error_line("out_of_memory", "the worker ran out of memory");
  } catch (const std::exception& failure) {
    return error_line("internal", failure.what());
  }
}

WorkerError unsupported(const char* what) {
  return {WorkerErrorKind::Unsupported, std::string("this worker cannot ") + what};
}

}  // namespace

WorkerResult<ExploreReport> Worker::explore(const ExploreRequest&, WorkEvents&) {
  return unsupported("explore");
}
WorkerResult<ProbeReport> Worker::probe(int, int, const Point&, WorkEvents&) { return unsupported("probe"); }
WorkerResult<Done> Worker::save(int, const std::string&) { return unsupported("save"); }
WorkerResult<Done> Worker::load(int, const std::string&) { return unsupported("load"); }

Result<WorkerStreams> worker_streams(const char* fds) {
  if (fds == nullptr) return WorkerStreams{};
  WorkerStreams streams{-1, -1};
  const char* end = fds + std::strlen(fds);
  const auto first = std::from_chars(fds, end, streams.read_fd);
  const bool comma = first.ec == std::errc{} && first.ptr != end && *first.ptr == ',';
  const auto second = comma ? std::from_chars(first.ptr + 1, end, streams.write_fd) : first;
  if (!comma || second.ec != std::errc{} || second.ptr != end || streams.read_fd < 0 ||
      streams.write_fd < 0) {
    return bad_input(std::string("FRUGAL_FDS is '") + fds + "', which is not two descriptors 'r,w'");
  }
  return streams;
}

int serve(Worker& worker, WorkerStreams streams) {
  std::signal(SIGPIPE, SIG_IGN);
  LineChannel channel(streams.read_fd, streams.write_fd, false);
  ChannelEvents events(channel);
  std::string line;
  while (true) {
    const LineChannel::Read got = channel.read_line(line, Duration(-1));
    if (got == LineChannel::Read::Closed) return 0;
    if (got != LineChannel::Read::Line) return 1;
    const Result<Request> request = parse_request(line);
    const std::string answer =
        request
            ? answered_safely(worker, *request, events)
            : error_line(request.error().message.starts_with("unknown request") ? "unsupported" : "invalid",
                         request.error().message);
    if (events.broken() || !channel.write_line(answer).ok()) return 1;
    if (request && std::holds_alternative<ShutdownRequest>(*request)) return 0;
  }
}

}  // namespace frugal
