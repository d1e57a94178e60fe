#include "frugal/work/protocol.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace frugal {
namespace {

using nlohmann::json;

template <class T>
T parsed(const Request& request) {
  const Result<Request> read = parse_request(request_line(request));
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().message);
  return std::get<T>(read.value());
}

template <class T>
T message(std::string_view line) {
  const Result<Message> read = parse_message(line);
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().message);
  return std::get<T>(read.value());
}

std::string refusal(std::string_view line) {
  const Result<Request> read = parse_request(line);
  return read.ok() ? "accepted" : read.error().message;
}

std::string broken_message(std::string_view line) {
  const Result<Message> read = parse_message(line);
  return read.ok() ? "accepted" : read.error().message;
}

TEST(Protocol, EveryRequestIsReadBackAsItWasWritten) {
  EXPECT_EQ(parsed<HelloRequest>(HelloRequest{1}).protocol, 1);

  const Point point{{"batch_size", std::int64_t{64}},
                    {"learning_rate", 0.1},
                    {"optimizer", std::string("sgd")},
                    {"nesterov", true}};
  const auto start = parsed<StartRequest>(StartRequest{3, point, 18446744073709551615ULL});
  EXPECT_EQ(start.trial, 3);
  EXPECT_TRUE(start.point == point) << start.point.text();
  EXPECT_EQ(start.seed, 18446744073709551615ULL);

  const auto train = parsed<TrainRequest>(TrainRequest{3, 5, Point{{"learning_rate", 0.1 + 0.2}}});
  EXPECT_EQ(train.trial, 3);
  EXPECT_EQ(train.epochs, 5);
  EXPECT_EQ(train.set.number("learning_rate"), 0.1 + 0.2);

  const auto explore = parsed<ExploreRequest>(ExploreRequest{4, 0.125, {0.001, 0.01, 1.0}, true, 2, 4});
  EXPECT_EQ(explore.trial, 4);
  EXPECT_EQ(explore.fraction, 0.125);
  EXPECT_EQ(explore.rates, (std::vector<double>{0.001, 0.01, 1.0}));
  EXPECT_TRUE(explore.restart);
  EXPECT_EQ(explore.min_cycles, 2);
  EXPECT_EQ(explore.max_cycles, 4);

  const auto probe = parsed<ProbeRequest>(ProbeRequest{5, 40, Point{{"learning_rate", 0.5}}});
  EXPECT_EQ(probe.trial, 5);
  EXPECT_EQ(probe.steps, 40);
  EXPECT_EQ(probe.set.number("learning_rate"), 0.5);

  const std::string path = "a folder/ünusual \"name\"\n.ckpt";
  EXPECT_EQ(parsed<SaveRequest>(SaveRequest{6, path}).path, path);
  EXPECT_EQ(parsed<LoadRequest>(LoadRequest{7, path}).path, path);
  EXPECT_EQ(parsed<LoadRequest>(LoadRequest{7, path}).trial, 7);
  EXPECT_EQ(parsed<DropRequest>(DropRequest{8}).trial, 8);
  (void)parsed<ShutdownRequest>(ShutdownRequest{});
}

TEST(Protocol, ARequestIsOneLine) {
  EXPECT_EQ(request_line(SaveRequest{1, "a\nb"}).find('\n'), std::string::npos);
}

TEST(Protocol, RequestsLookAsTheInterfaceSays) {
  EXPECT_EQ(json::parse(request_line(HelloRequest{})), json::parse(R"({"op":"hello","protocol":1})"));
  EXPECT_EQ(json::parse(request_line(TrainRequest{3, 5, Point{{"learning_rate", 0.1}}})),
            json::parse(R"({"op":"train","trial":3,"epochs":5,"set":{"learning_rate":0.1}})"));
  EXPECT_EQ(json::parse(request_line(ExploreRequest{3, 0.25, {0.1}})),
            json::parse(R"({"op":"explore","trial":3,"fraction":0.25,"rates":[0.1],"cycles":"continue"})"));
  EXPECT_EQ(json::parse(request_line(ExploreRequest{3, 0.25, {0.1}, true}))["cycles"], "restart");
  EXPECT_EQ(json::parse(request_line(DropRequest{3})), json::parse(R"({"op":"drop","trial":3})"));
  EXPECT_EQ(json::parse(request_line(ShutdownRequest{})), json::parse(R"({"op":"shutdown"})"));
}

TEST(Protocol, UnknownFieldsAreIgnored) {
  const Result<Request> request =
      parse_request(R"({"op":"drop","trial":2,"colour":"blue","nested":{"a":[1,2]}})");
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(std::get<DropRequest>(*request).trial, 2);
  EXPECT_EQ(
      message<EpochEvent>(R"({"event":"epoch","trial":1,"epoch":2,"loss":0.5,"extra":null})").report.epoch,
      2);
}

TEST(Protocol, AnUnknownRequestNamesTheNearestOne) {
  EXPECT_EQ(refusal(R"({"op":"trian","trial":1})"), "unknown request 'trian' (did you mean 'train'?)");
  EXPECT_EQ(refusal(R"({"op":"fly"})"),
            "unknown request 'fly' (known: hello, start, train, explore, probe, save, load, drop, shutdown)");
}

TEST(Protocol, MalformedRequestsSayWhatIsWrong) {
  EXPECT_EQ(refusal("train please"), R"(this line is no JSON object: "train please")");
  EXPECT_EQ(refusal(""), R"(this line is no JSON object: "")");
  EXPECT_EQ(refusal("[1,2]"), R"(this line is no JSON object: "[1,2]")");
  EXPECT_EQ(refusal(R"({"trial":1})"), "the field 'op' is missing");
  EXPECT_EQ(refusal(R"({"op":7})"), "the field 'op' is no text: 7");
  EXPECT_EQ(refusal(R"({"op":"drop"})"), "the field 'trial' is missing");
  EXPECT_EQ(refusal(R"({"op":"drop","trial":"one"})"), "the field 'trial' is no whole number: \"one\"");
  EXPECT_EQ(refusal(R"({"op":"train","trial":1,"epochs":1.5})"),
            "the field 'epochs' is no whole number: 1.5");
  EXPECT_EQ(refusal(R"({"op":"save","trial":1,"path":3})"), "the field 'path' is no text: 3");
  EXPECT_EQ(refusal(R"({"op":"explore","trial":1,"fraction":0.5,"rates":[]})"),
            "the field 'rates' is no list of learning rates");
  EXPECT_EQ(refusal(R"({"op":"explore","trial":1,"fraction":0.5,"rates":[0.1,"x"]})"),
            "the field 'rates' holds \"x\", which is no number");
  EXPECT_EQ(refusal(R"({"op":"explore","trial":1,"fraction":0.5,"rates":[0.1],"cycles":"never"})"),
            "'cycles' is 'continue' or 'restart', not 'never'");
  EXPECT_NE(refusal(R"({"op":"start","trial":1,"point":{"a":[1]}})"), "accepted");
}

TEST(Protocol, ALongMalformedLineIsShownByItsBeginning) {
  const std::string shown = broken_message(std::string(5000, 'x'));
  EXPECT_EQ(shown, "this line is no JSON object: \"" + std::string(120, 'x') + "…\"");
}

TEST(Protocol, BytesThatAreNoTextAreAnErrorAndNotAnException) {
  EXPECT_NE(broken_message("\xff\xfe\x00garbage"), "accepted");
  EXPECT_NE(refusal(std::string("{\"op\":\"\xff\"}")), "accepted");
}

TEST(Protocol, AnEpochIsReadBackWithItsNumbers) {
  const auto event = message<EpochEvent>(epoch_line(3, {7, 0.25, {{"accuracy", 0.9}, {"loss", 0.1}}, 1437}));
  EXPECT_EQ(event.trial, 3);
  EXPECT_EQ(event.report.epoch, 7);
  EXPECT_EQ(event.report.loss, 0.25);
  EXPECT_EQ(event.report.metrics, (std::map<std::string, double>{{"accuracy", 0.9}, {"loss", 0.1}}));
  EXPECT_EQ(event.report.samples, 1437);
}

TEST(Protocol, NumbersThatAreNotFiniteTravelAsNullAndAreReadAsNaN) {
  const std::string line =
      epoch_line(1, {1, std::nan(""), {{"accuracy", std::numeric_limits<double>::infinity()}}, 1});
  EXPECT_TRUE(json::parse(line)["loss"].is_null()) << line;
  const auto event = message<EpochEvent>(line);
  EXPECT_TRUE(std::isnan(event.report.loss));
  EXPECT_TRUE(std::isnan(event.report.metrics.at("accuracy")));

  const Result<ExploreReport> curve =
      explore_report_from_json(explore_report_to_json({{{0.1, std::nan("")}, {0.2, 0.5}}, 2.0, {}, 8, 2, 9}));
  ASSERT_TRUE(curve.ok());
  EXPECT_TRUE(std::isnan(curve->curve.at(0).loss));
  EXPECT_EQ(curve->curve.at(1).loss, 0.5);
}

TEST(Protocol, PhasesErrorsAndEnergyAreToldApart) {
  EXPECT_EQ(message<PhaseEvent>(phase_line("train", true)).name, "train");
  EXPECT_TRUE(message<PhaseEvent>(phase_line("train", true)).begin);
  EXPECT_FALSE(message<PhaseEvent>(phase_line("train", false)).begin);
  EXPECT_EQ(json::parse(phase_line("train", true)),
            json::parse(R"({"event":"phase","name":"train","edge":"begin"})"));
  const auto answer = message<Answer>(error_line("diverged", "loss is NaN"));
  EXPECT_FALSE(answer.ok);
  EXPECT_EQ(answer.error, "diverged");
  EXPECT_EQ(answer.message, "loss is NaN");
  EXPECT_EQ(message<EnergyEvent>(R"({"event":"energy","energy":{}})").body["event"], "energy");
}

TEST(Protocol, AFailureWithoutAKindIsInternal) {
  const auto answer = message<Answer>(R"({"ok":false})");
  EXPECT_EQ(answer.error, "internal");
  EXPECT_EQ(answer.message, "");
}

TEST(Protocol, MalformedMessagesSayWhatIsWrong) {
  EXPECT_EQ(broken_message(R"({"event":"nap"})"), "unknown event 'nap'");
  EXPECT_EQ(broken_message(R"({"ok":"yes"})"), "the field 'ok' is neither true nor false");
  EXPECT_EQ(broken_message(R"({"answer":1})"), "the field 'ok' is missing");
  EXPECT_EQ(broken_message(R"({"event":"epoch","trial":1})"), "the field 'epoch' is missing");
  EXPECT_EQ(broken_message(R"({"event":"epoch","trial":1,"epoch":1,"metrics":[]})"),
            "the field 'metrics' is no object");
  EXPECT_EQ(broken_message(R"({"event":"epoch","trial":1,"epoch":1,"loss":"low"})"),
            "the field 'loss' is no number: \"low\"");
}

TEST(Protocol, ACardIsReadBackAsItWasWritten) {
  const WorkerCard card{"worker 1", {"train", "probe"}, "perplexity", false, 1437, 360};
  const json body = card_to_json(card);
  EXPECT_EQ(body["protocol"], 1);
  EXPECT_EQ(body["metric"], json::parse(R"({"name":"perplexity","goal":"min"})"));
  const Result<WorkerCard> read = card_from_json(body);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->name, card.name);
  EXPECT_EQ(read->can, card.can);
  EXPECT_EQ(read->metric, "perplexity");
  EXPECT_FALSE(read->maximise);
  EXPECT_EQ(read->train_samples, 1437);
  EXPECT_EQ(read->validation_samples, 360);
}

TEST(Protocol, ACardThatCannotBeUsedIsRefused) {
  EXPECT_EQ(card_from_json(json::parse(R"({"ok":true,"protocol":2,"metric":{"name":"a"}})")).error().message,
            "the worker speaks protocol 2, this frugal speaks 1");
  EXPECT_EQ(card_from_json(json::parse(R"({"ok":true,"protocol":1})")).error().message,
            "the field 'metric' is missing");
  EXPECT_EQ(card_from_json(json::parse(R"({"ok":true,"protocol":1,"metric":{"name":"a","goal":"up"}})"))
                .error()
                .message,
            "the metric's goal is 'max' or 'min', not 'up'");
  EXPECT_FALSE(card_from_json(json::parse(R"({"ok":true,"protocol":1,"metric":"accuracy"})")).ok());
  EXPECT_FALSE(card_from_json(json::parse(R"({"ok":true,"protocol":1,"can":7,"metric":{"name":"a"}})")).ok());
}

TEST(Protocol, ReportsAreReadBackAsTheyWereWritten) {
  const Result<ExploreReport> explored = explore_report_from_json(
      explore_report_to_json({{{0.1, 2.0}, {1.0, 3.0}}, 2.5, {{"accuracy", 0.5}}, 512, 2, 20}));
  ASSERT_TRUE(explored.ok());
  EXPECT_EQ(explored->curve.size(), 2u);
  EXPECT_EQ(explored->curve[1].rate, 1.0);
  EXPECT_EQ(explored->loss_before, 2.5);
  EXPECT_EQ(explored->metrics.at("accuracy"), 0.5);
  EXPECT_EQ(explored->samples, 512);
  EXPECT_EQ(explored->steps, 2);
  EXPECT_EQ(explored->budget_steps, 20);
  const Result<ProbeReport> probed =
      probe_report_from_json(probe_report_to_json({0.5, {{"accuracy", 0.75}}, 640}));
  ASSERT_TRUE(probed.ok());
  EXPECT_EQ(probed->loss, 0.5);
  EXPECT_EQ(probed->metrics.at("accuracy"), 0.75);
  EXPECT_EQ(probed->samples, 640);
}

TEST(Protocol, AnExplorationWithoutACurveIsRefused) {
  EXPECT_EQ(explore_report_from_json(json::parse(R"({"ok":true,"loss_before":1})")).error().message,
            "the field 'curve' is missing");
  EXPECT_FALSE(explore_report_from_json(json::parse(R"({"ok":true,"loss_before":1,"curve":[5]})")).ok());
  EXPECT_FALSE(explore_report_from_json(json::parse(R"({"ok":true,"loss_before":1,"curve":7})")).ok());
}

}  // namespace
}  // namespace frugal
