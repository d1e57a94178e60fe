// A ledger that forgets with the process; for tests and dry runs. It can be told to fail at a given call.
#pragma once

#include <functional>
#include <map>

#include "frugal/study/ledger.h"

namespace frugal {

class MemoryLedger final : public Ledger {
 public:
  // Called before every writing call; an error it returns is returned instead of writing.
  using Fault = std::function<Status(const char* call)>;
  explicit MemoryLedger(Fault fault = {}) : fault_(std::move(fault)) {}

  Result<std::vector<StudyBrief>> list() override;
  Result<std::optional<StudyRecord>> read(const std::string& name) override;
  Status create(const StudyHeader& header) override;
  Status begin(const std::string& study, int number, int attempt, const Step& step) override;
  Status progress(const std::string& study, int number, int attempt, const EnergyReport& energy,
                  Duration duration, const WorkTrace& more = {}) override;
  Status finish(const std::string& study, int number, int attempt, const Outcome& outcome,
                const WorkTrace& more = {}) override;
  Status lose(const std::string& study, int number, int attempt, const std::string& why,
              const EnergyReport& energy, Duration duration, const WorkTrace& more = {}) override;
  Status remark(const std::string& study, RemarkKind kind, const std::string& text) override;
  Status host(const std::string& study, const HostFacts& facts) override;
  Status stop(const std::string& study, const std::optional<std::string>& reason) override;
  Result<TraceList> traces(const std::string& study) override;
  Result<WorkTrace> trace(const std::string& study, int number, int attempt) override;

 private:
  struct Attempt {
    Step step;
    std::string state = "running";  // running, finished or the reason why it was lost
    Outcome outcome = {};
    WorkTrace trace = {};
  };
  struct Study {
    StudyRecord record;
    std::map<std::pair<int, int>, Attempt> attempts;  // by step and attempt
  };
  // The running attempt, or an error that says which state forbids the call.
  Result<Attempt*> running(const char* call, const std::string& study, int number, int attempt);
  Result<Study*> find(const char* call, const std::string& study);

  Fault fault_;
  std::vector<std::string> order_;
  std::map<std::string, Study> studies_;
};

}  // namespace frugal
