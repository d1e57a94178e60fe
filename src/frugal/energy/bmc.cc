#include "frugal/energy/bmc.h"

#include <fcntl.h>
#include <linux/ipmi.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <utility>
#include <vector>

#include "frugal/energy/sysfs.h"

namespace frugal {
namespace {

constexpr std::uint8_t kGroupExtension = 0x2C;
constexpr std::uint8_t kGetPowerReading = 0x02;
constexpr std::uint8_t kDcmi = 0xDC;
constexpr std::array<std::uint8_t, 4> kSystemPower{kDcmi, 0x01, 0x00, 0x00};
constexpr std::size_t kAnswerSize = 19;
constexpr std::uint8_t kIsActive = 0x40;
constexpr double kAskEveryS = 1;
constexpr double kOldS = 3;
constexpr int kFirstTries = 100;
constexpr double kFirstWaitS = 0.01;

class KernelBmc final : public Bmc {
 public:
  explicit KernelBmc(int file) : file_(file) {}
  KernelBmc(const KernelBmc&) = delete;
  KernelBmc& operator=(const KernelBmc&) = delete;
  ~KernelBmc() override { close(file_); }

  bool ask(long question, std::uint8_t function, std::uint8_t command,
           std::span<const std::uint8_t> data) override {
    std::array<std::uint8_t, 32> sent{};
    if (data.size() > sent.size()) return false;
    std::copy(data.begin(), data.end(), sent.begin());
    ipmi_system_interface_addr address{};
    address.addr_type = IPMI_SYSTEM_INTERFACE_ADDR_TYPE;
    address.channel = IPMI_BMC_CHANNEL;
    ipmi_req request{};
    request.addr = reinterpret_cast<unsigned char*>(&address);
    request.addr_len = sizeof address;
    request.msgid = question;
    request.msg.netfn = function;
    request.msg.cmd = command;
    request.msg.data = sent.data();
    request.msg.data_len = static_cast<unsigned short>(data.size());
    return ioctl(file_, IPMICTL_SEND_COMMAND, &request) == 0;
  }
  std::optional<BmcAnswer> answer() override {
    BmcAnswer answer;
    ipmi_addr address{};
    ipmi_recv received{};
    received.addr = reinterpret_cast<unsigned char*>(&address);
    received.addr_len = sizeof address;
    received.msg.data = answer.bytes.data();
    received.msg.data_len = static_cast<unsigned short>(answer.bytes.size());
    if (ioctl(file_, IPMICTL_RECEIVE_MSG_TRUNC, &received) != 0)
      return std::nullopt;  // EAGAIN: none is there
    answer.question = received.msgid;
    answer.size = received.msg.data_len;
    return answer;
  }
  void wait(Duration time) override {
    timespec left{};
    left.tv_nsec = std::lround(time.value() * 1e9);
    nanosleep(&left, nullptr);
  }

 private:
  int file_;
};

unsigned word(const BmcAnswer& answer, std::size_t at) {
  return answer.bytes[at] | static_cast<unsigned>(answer.bytes[at + 1]) << 8U;
}

std::string hex(std::uint8_t byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {'0', 'x', kDigits[byte >> 4U], kDigits[byte & 15U]};
}

}  // namespace

Result<std::unique_ptr<Bmc>> open_kernel_bmc(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file >= 0) return std::unique_ptr<Bmc>(std::make_unique<KernelBmc>(file));
  const int reason = errno;
  const bool rights = reason == EACCES || reason == EPERM;
  return Error{rights ? ErrorCode::NeedRights : ErrorCode::GiveUp, path + ": " + system_reason(reason)};
}

Result<Watts> dcmi_power(const BmcAnswer& answer) {
  const auto refused = [](std::string why) { return Error{ErrorCode::GiveUp, std::move(why)}; };
  if (answer.size >= 1 && answer.bytes[0] != 0)
    return refused("the BMC refuses DCMI Get Power Reading with the completion code " + hex(answer.bytes[0]));
  if (answer.size < kAnswerSize || answer.bytes[1] != kDcmi)
    return refused("the BMC answers DCMI Get Power Reading with something else");
  if ((answer.bytes[18] & kIsActive) == 0) return refused("the BMC says that it measures no power now");
  return Watts(word(answer, 2));
}

DcmiMeter::DcmiMeter(MeterCard card, std::unique_ptr<Bmc> bmc, const Clock& clock)
    : card_(std::move(card)),
      bmc_(std::move(bmc)),
      clock_(clock),
      asked_(clock.now()),
      answered_(clock.now()) {
  card_.method = Method::Integral;
  card_.period = Duration(kAskEveryS);
}

bool DcmiMeter::ask(Instant now) {
  asked_ = now;
  return bmc_->ask(++question_, kGroupExtension, kGetPowerReading, kSystemPower);
}

Result<std::unique_ptr<Meter>> DcmiMeter::open(MeterCard card, std::unique_ptr<Bmc> bmc, const Clock& clock) {
  std::unique_ptr<DcmiMeter> meter(new DcmiMeter(std::move(card), std::move(bmc), clock));
  if (!meter->ask(clock.now())) return Error{ErrorCode::GiveUp, "the IPMI driver takes no request"};
  for (int i = 0; i < kFirstTries; ++i) {
    if (const std::optional<BmcAnswer> answer = meter->bmc_->answer()) {
      const Result<Watts> power = dcmi_power(*answer);
      if (!power) return power.error();
      meter->power_ = *power;
      meter->answered_ = clock.now();
      return std::unique_ptr<Meter>(std::move(meter));
    }
    meter->bmc_->wait(Duration(kFirstWaitS));
  }
  return Error{ErrorCode::Retry, "the BMC does not answer within a second"};
}

Reading DcmiMeter::read() {
  const Instant now = clock_.now();
  while (const std::optional<BmcAnswer> answer = bmc_->answer()) {
    if (answer->question != question_) continue;  // too late: of a request that was given up
    const Result<Watts> power = dcmi_power(*answer);
    power_ = power ? std::optional(*power) : std::nullopt;
    answered_ = now;
  }
  if ((now - asked_).value() >= kAskEveryS) ask(now);
  if ((now - answered_).value() > kOldS) power_.reset();
  return {.at = now, .power = power_};
}

}  // namespace frugal
