// The ledger in a file: every study of a store, in SQLite tables that docs/store.md explains.
// Used by one thread; other processes may read the file meanwhile, and write other studies.
// An acknowledged call is on the disk (WAL, synchronous = FULL); a call that fails has changed nothing.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "frugal/store/database.h"
#include "frugal/study/ledger.h"

namespace frugal {

class SqliteLedger final : public Ledger {
 public:
  // ReadWrite creates the file; ReadOnly wants a store to be there. StoreBroken, with the file left as it is,
  // when it is no database, another program's, a newer frugal's, damaged, or cannot be written; Retry when it
  // stays locked.
  static Result<std::unique_ptr<SqliteLedger>> open(const std::string& path, OpenMode mode);

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
  // Studies that are over, from elsewhere: all of them or nothing. Lost attempts are not taken.
  Status import(std::span<const StudyRecord> records);

 private:
  struct Study {
    std::int64_t id = 0;
    std::string steering;  // the metric that has a column of its own
  };
  explicit SqliteLedger(std::unique_ptr<Database> database) : database_(std::move(database)) {}
  Result<Study> find(const std::string& name);
  // The caller holds the transaction.
  Status insert(const Study& study, int number, int attempt, const Step& step);
  Status import_one(const StudyRecord& record);
  // A change of one study: all of it or nothing.
  Status write(const std::string& study, const std::function<Status(const Study&)>& change);
  // The row of the running attempt, or an error that says which call came at the wrong time.
  Result<std::int64_t> running(const char* call, const Study& study, int number, int attempt);

  std::unique_ptr<Database> database_;
};

}  // namespace frugal
