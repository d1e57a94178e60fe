// Downloads from a server on this machine that cuts, changes, refuses and redirects.
#include "frugal/fetch/download.h"

#include <gtest/gtest.h>

#include <atomic>

#include "frugal/fetch/fetch_testing.h"

namespace frugal {
namespace {

using fetch_testing::file_bytes;
using fetch_testing::NotedObserver;
using fetch_testing::resumable_answer;
using fetch_testing::ScratchFolder;
using fetch_testing::tree;
using fetch_testing::web_answer;
using fetch_testing::WebRequest;
using fetch_testing::WebServer;
using fetch_testing::write_file;

// 300,000 bytes of which no two stretches are alike.
std::string content() {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += std::to_string(i) + " ";
  text.resize(300'000);
  return text;
}

const DownloadSettings kQuick{
    .http = {.connect_timeout = Duration(5), .silence = Duration(5)}, .attempts = 3, .pause = Duration(0)};

class DownloadTest : public ::testing::Test {
 protected:
  Status get(const WebServer& server, const std::string& path = "/file",
             const DownloadSettings& settings = kQuick) {
    return download(server.address(path), target_, settings, observer_);
  }
  ScratchFolder folder_;
  std::string target_ = folder_.path("file");
  NotedObserver observer_;
};

TEST_F(DownloadTest, AWholeFile) {
  const WebServer server([](const WebRequest&) { return web_answer("200 OK", "", content()); });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(file_bytes(target_), content());
  EXPECT_EQ(tree(folder_.path()), std::vector<std::string>{"file"});
  EXPECT_EQ(observer_.most, content().size());
  EXPECT_EQ(server.seen().front().header("range"), "");
}

TEST_F(DownloadTest, ChunksWithoutALength) {
  const WebServer server([](const WebRequest&) {
    return std::string(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: "
        "close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(file_bytes(target_), "abcde");
}

TEST_F(DownloadTest, ACutConnectionGoesOnWhereItWasCut) {
  const WebServer server([](const WebRequest& request) {
    const std::string whole = resumable_answer(request, content(), "\"v1\"");
    return request.first_byte() < 200'000 ? whole.substr(0, 100'500) : whole;
  });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(file_bytes(target_), content());
  const auto seen = server.seen();
  ASSERT_GE(seen.size(), 3U);
  EXPECT_EQ(seen[1].header("if-range"), "\"v1\"");
  EXPECT_GT(seen[1].first_byte(), 90'000U);
  EXPECT_GT(seen[2].first_byte(), seen[1].first_byte());
}

TEST_F(DownloadTest, GivesUpAfterAttemptsWithoutAByteAndKeepsWhatCame) {
  const WebServer server([](const WebRequest& request) {
    if (request.first_byte() > 0) return std::string();  // hangs up
    return resumable_answer(request, content(), "\"v1\"").substr(0, 100'500);
  });
  const Status broken = get(server);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::Retry);
  EXPECT_NE(broken.error().message.find(server.address("/file")), std::string::npos)
      << broken.error().message;
  EXPECT_NE(broken.error().message.find("100 kB of it are kept"), std::string::npos)
      << broken.error().message;
  EXPECT_EQ(tree(folder_.path()), (std::vector<std::string>{"file.part", "file.part.json"}));
  EXPECT_EQ(server.seen().size(), 4U);  // one that brought bytes, then three that did not
}

TEST_F(DownloadTest, ALaterCallGoesOnWithThePart) {
  std::atomic<bool> cut{true};
  const WebServer server([&](const WebRequest& request) {
    const std::string whole = resumable_answer(request, content(), "\"v1\"");
    return cut ? whole.substr(0, request.first_byte() == 0 ? 150'000 : 0) : whole;
  });
  ASSERT_FALSE(get(server));
  const std::size_t had = file_bytes(target_ + ".part").size();
  cut = false;
  ASSERT_TRUE(get(server));
  EXPECT_EQ(server.seen().back().first_byte(), had);
  EXPECT_EQ(observer_.began.back().second, had);
  EXPECT_EQ(file_bytes(target_), content());
}

TEST_F(DownloadTest, AFileThatChangedOnTheServerBeginsAnew) {
  write_file(target_ + ".part", "old bytes");
  const WebServer server(
      [](const WebRequest& request) { return resumable_answer(request, content(), "\"v2\""); });
  write_file(target_ + ".part.json",
             R"({"address":")" + server.address("/file") + R"(","validator":"\"v1\"","total_bytes":300000})");
  ASSERT_TRUE(get(server));
  EXPECT_EQ(server.seen().front().header("if-range"), "\"v1\"");
  EXPECT_EQ(file_bytes(target_), content());
}

TEST_F(DownloadTest, AServerWithoutRangesSendsAllAgain) {
  int answers = 0;
  const WebServer server([&](const WebRequest&) {
    const std::string whole = web_answer("200 OK", "ETag: \"v1\"\r\n", content());
    return ++answers == 1 ? whole.substr(0, 150'000) : whole;
  });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(file_bytes(target_), content());
}

TEST_F(DownloadTest, APartOfAnotherAddressOrWithoutAVersionIsNotUsed) {
  const WebServer server(
      [](const WebRequest& request) { return resumable_answer(request, content(), "\"v1\""); });
  for (const std::string& notes :
       {std::string(R"({"address":"http://other/file","validator":"\"v1\""})"),
        R"({"address":")" + server.address("/file") + R"(","validator":""})", std::string("{")}) {
    write_file(target_ + ".part", "foreign bytes");
    write_file(target_ + ".part.json", notes);
    ASSERT_TRUE(get(server));
    EXPECT_EQ(server.seen().back().header("range"), "");
    EXPECT_EQ(file_bytes(target_), content());
  }
}

TEST_F(DownloadTest, AWeakEtagVouchesForNothing) {
  const WebServer server([](const WebRequest& request) {
    const std::string whole = web_answer("200 OK", "ETag: W/\"v1\"\r\n", content());
    return request.path == "/cut" ? whole.substr(0, 150'000) : whole;
  });
  ASSERT_FALSE(get(server, "/cut"));
  for (const WebRequest& request : server.seen()) EXPECT_EQ(request.header("range"), "");
  EXPECT_EQ(server.seen().size(), 4U);
}

TEST_F(DownloadTest, LastModifiedVouchesWhereThereIsNoEtag) {
  const std::string date = "Tue, 15 Nov 1994 12:45:26 GMT";
  int answers = 0;
  const WebServer server([&](const WebRequest& request) {
    if (++answers == 1)
      return web_answer("200 OK", "Last-Modified: " + date + "\r\n", content()).substr(0, 100'000);
    const std::size_t first = request.first_byte();
    return web_answer("206 Partial Content",
                      "Content-Range: bytes " + std::to_string(first) + "-299999/300000\r\n",
                      content().substr(first));
  });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(server.seen()[1].header("if-range"), date);
  EXPECT_EQ(file_bytes(target_), content());
}

TEST_F(DownloadTest, ARangeThatCannotBeBeginsAnew) {
  const WebServer server([](const WebRequest& request) {
    return request.first_byte() > 0
               ? web_answer("416 Range Not Satisfiable", "Content-Range: bytes */300000\r\n", "")
               : web_answer("200 OK", "", content());
  });
  write_file(target_ + ".part", std::string(400'000, 'x'));
  write_file(target_ + ".part.json",
             R"({"address":")" + server.address("/file") + R"(","validator":"\"v1\""})");
  ASSERT_TRUE(get(server));
  EXPECT_EQ(file_bytes(target_), content());
}

TEST_F(DownloadTest, ARangeThatWasNotAskedForIsNotTaken) {
  const WebServer server([](const WebRequest& request) {
    if (request.first_byte() == 0) return web_answer("200 OK", "", content());
    return web_answer("206 Partial Content", "Content-Range: bytes 0-299999/300000\r\n", content());
  });
  write_file(target_ + ".part", content().substr(0, 1000));
  write_file(target_ + ".part.json",
             R"({"address":")" + server.address("/file") + R"(","validator":"\"v1\""})");
  ASSERT_TRUE(get(server));
  EXPECT_EQ(file_bytes(target_), content());
}

TEST_F(DownloadTest, RefusalsNameTheAddressAndAreNotRepeated) {
  const WebServer server(
      [](const WebRequest&) { return web_answer("404 Not Found", "", "<html>no</html>"); });
  const Status refused = get(server);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, server.address("/file") + ": the server answered 404 Not Found");
  EXPECT_EQ(server.seen().size(), 1U);
  EXPECT_TRUE(tree(folder_.path()).empty());
}

TEST_F(DownloadTest, ABusyServerIsAskedAgain) {
  int answers = 0;
  const WebServer server([&](const WebRequest&) {
    return ++answers < 3 ? web_answer("503 Service Unavailable", "", "later")
                         : web_answer("200 OK", "", "fine");
  });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(file_bytes(target_), "fine");
}

TEST_F(DownloadTest, RedirectionsAreFollowedAndTheirBodiesAreNot) {
  const WebServer server([](const WebRequest& request) {
    if (request.path == "/file") return web_answer("302 Found", "Location: /moved?x=1\r\n", "moved");
    if (request.path == "/moved?x=1") return web_answer("301 Moved Permanently", "Location: there\r\n", "");
    return web_answer("200 OK", "", "at last");
  });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(file_bytes(target_), "at last");
  EXPECT_EQ(observer_.began.back().first, server.address("/there"));
}

TEST_F(DownloadTest, ACircleOfRedirectionsEnds) {
  const WebServer server(
      [](const WebRequest&) { return web_answer("302 Found", "Location: /file\r\n", ""); });
  DownloadSettings once = kQuick;
  once.attempts = 1;
  const Status circle = get(server, "/file", once);
  ASSERT_FALSE(circle);
  EXPECT_NE(circle.error().message.find("more than 10 redirections"), std::string::npos);
  EXPECT_EQ(server.seen().size(), 11U);
}

TEST_F(DownloadTest, NobodyThere) {
  int port = 0;
  {
    port = WebServer([](const WebRequest&) { return std::string(); }).port();
  }
  const std::string address = "http://127.0.0.1:" + std::to_string(port) + "/file";
  const Status none = download(address, target_, kQuick, observer_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::Retry);
  EXPECT_TRUE(none.error().message.starts_with(address + ": no connection")) << none.error().message;
}

TEST_F(DownloadTest, ThroughAProxy) {
  const WebServer proxy(
      [](const WebRequest& request) { return web_answer("200 OK", "", "for " + request.path); });
  DownloadSettings settings = kQuick;
  settings.http.proxies.http = "http://user:word@127.0.0.1:" + std::to_string(proxy.port());
  ASSERT_TRUE(download("http://far.example/file", target_, settings, observer_));
  EXPECT_EQ(file_bytes(target_), "for http://far.example:80/file");
  EXPECT_EQ(proxy.seen().front().header("proxy-authorization"), "Basic dXNlcjp3b3Jk");  // base64 of user:word
}

TEST_F(DownloadTest, CancelledKeepsThePart) {
  std::atomic<bool> cancel{false};
  const WebServer server(
      [](const WebRequest& request) { return resumable_answer(request, content(), "\"v1\""); });
  DownloadSettings settings = kQuick;
  settings.http.cancel = &cancel;
  observer_.on_bytes = [&](std::uint64_t bytes) { cancel = bytes > 50'000; };
  const Status ended = get(server, "/file", settings);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::Interrupted);
  const std::string part = file_bytes(target_ + ".part");
  EXPECT_GT(part.size(), 50'000U);
  EXPECT_EQ(part, content().substr(0, part.size()));
  cancel = false;
  observer_.on_bytes = nullptr;
  ASSERT_TRUE(get(server, "/file", settings));
  EXPECT_EQ(file_bytes(target_), content());
}

TEST_F(DownloadTest, AFolderThatCannotBeWritten) {
  const WebServer server([](const WebRequest&) { return web_answer("200 OK", "", "x"); });
  const Status no = download(server.address("/file"), folder_.path("none/file"), kQuick, observer_);
  ASSERT_FALSE(no);
  EXPECT_EQ(no.error().code, ErrorCode::FixInput);
  EXPECT_NE(no.error().message.find("none/file.part' cannot be written"), std::string::npos)
      << no.error().message;
}

TEST_F(DownloadTest, MoreThanTheDiskHolds) {
  const WebServer server(
      [](const WebRequest&) { return web_answer("200 OK", "", "x", 4'000'000'000'000'000'000U); });
  const Status full = get(server);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::FixInput);
  EXPECT_NE(full.error().message.find("there is no room"), std::string::npos) << full.error().message;
}

TEST(BytesText, ForPeople) {
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(999), "999 bytes");
  EXPECT_EQ(bytes_text(4'542), "4.5 kB");
  EXPECT_EQ(bytes_text(170'052'171), "170 MB");
  EXPECT_EQ(bytes_text(11'594'722), "11.6 MB");
}

}  // namespace
}  // namespace frugal
