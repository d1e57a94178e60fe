// The HTML report as bytes: what goes into the page, and that nothing of a study can get out of its place in
// it.
#include "frugal/report/render_html.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "frugal/report/example_study.h"
#include "frugal/report/page_json.h"

namespace frugal {
namespace {

using nlohmann::json;

constexpr std::string_view kPage =
    "<title>@@frugal:title@@</title><pre>@@frugal:summary@@</pre><script>@@frugal:findings@@</script>";

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t from = text.find(begin) + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

TEST(Html, HoldsTitleSummaryAndFindings) {
  const std::string html = report_html(find(example::study()), kPage, "1.2.3");
  EXPECT_TRUE(html.starts_with("<title>by hand</title><pre>by hand (sm2): 3 trials"));
  const json held = json::parse(between(html, "<script>", "</script>"));
  EXPECT_EQ(held["study"], "by hand");
  EXPECT_EQ(held["answer"]["winner"]["value"], 0.9);
  EXPECT_EQ(held["method"]["frugal"], "1.2.3");
  EXPECT_EQ(held["method"]["study_file"], "name: by hand\n");
}

TEST(Html, NothingOfAStudyLeavesItsPlace) {
  StudyResult result = example::study();
  const std::string hostile =
      "</script><script>alert(1)</script><!-- & \" ' \xE2\x80\xA8\xE2\x80\xA9 @@frugal:findings@@";
  result.header.name = hostile;
  result.header.source = hostile;
  result.trials[2].failure = hostile;
  result.caveats = {hostile};
  const std::string html = report_html(find(std::move(result)), kPage, "1");
  EXPECT_EQ(between(html, "<title>", "</title>").find('<'), std::string::npos);
  EXPECT_EQ(between(html, "<pre>", "</pre>").find('<'), std::string::npos);
  // One opening and one closing tag: those of the page.
  EXPECT_EQ(html.find("<script"), html.rfind("<script"));
  EXPECT_EQ(html.find("</script"), html.rfind("</script"));
  EXPECT_EQ(html.find("<!--"), std::string::npos);
  const std::string held = between(html, "<script>", "</script>");
  EXPECT_EQ(held.find_first_of("<>&"), std::string::npos);
  EXPECT_EQ(held.find("\xE2\x80\xA8"), std::string::npos);
  EXPECT_EQ(json::parse(held)["study"], hostile);
  EXPECT_EQ(json::parse(held)["method"]["study_file"], hostile);
}

TEST(Html, BytesThatAreNoTextDoNotStopIt) {
  StudyResult result = example::study();
  result.header.source = "\xff\xfe broken";
  const std::string html = report_html(find(std::move(result)), kPage, "1");
  EXPECT_EQ(json::parse(between(html, "<script>", "</script>"))["method"]["study_file"],
            "\xEF\xBF\xBD\xEF\xBF\xBD broken");
}

TEST(PageJson, HasColumnsOfEqualLength) {
  const json page = json::parse(page_json(find(example::study()), "1").dump());
  for (const auto& [name, column] : page["trials"].items()) {
    if (column.is_array()) {
      EXPECT_EQ(column.size(), 3u) << name;
    }
  }
  EXPECT_EQ(page["trials"]["front"], json::parse("[1,1,0]"));
  EXPECT_EQ(page["trials"]["failure"], json::parse(R"({"2":"out_of_memory: 12 GiB"})"));
  EXPECT_EQ(page["courses"]["1"]["rates"], json::parse("[[0,0.1],[2,0.05]]"));
  EXPECT_EQ(page["courses"]["1"]["rolled_back"], json::parse("[1]"));
}

TEST(PageJson, NumbersThatDoNotExistAreNull) {
  StudyResult result = example::study();
  result.history[1].outcome.epochs[0].loss = std::nan("");
  result.energy = {};
  result.winner.reset();
  const json page = json::parse(page_json(find(std::move(result)), "1").dump());
  EXPECT_TRUE(page["courses"]["0"]["loss"][0].is_null());
  EXPECT_TRUE(page["answer"]["total"].is_null());
  EXPECT_TRUE(page["answer"]["winner"].is_null());
}

TEST(PageJson, ALongStudyKeepsTheWinnersCourseAndSaysLess) {
  StudyResult result = example::study();
  for (int i = 3; i < 203; ++i) {
    result.trials.push_back(example::trial(i, 16, 1000, 0.5, 1000, "dropped"));
    Observation seen = example::trained(i + 10, i, 16, {}, 1, 0.5, 1);
    seen.outcome.epochs.resize(1000, seen.outcome.epochs.front());
    result.history.push_back(std::move(seen));
  }
  const json page = json::parse(page_json(find(std::move(result)), "1").dump());
  EXPECT_TRUE(page["courses"].contains("1"));
  std::size_t epochs = 0;
  for (const auto& course : page["courses"]) epochs += course["epoch"].size();
  EXPECT_LE(epochs, 150'000u);
  EXPECT_GT(epochs, 148'000u);
}

}  // namespace
}  // namespace frugal
