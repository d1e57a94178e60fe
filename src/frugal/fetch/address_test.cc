#include "frugal/fetch/address.h"

#include <gtest/gtest.h>

namespace frugal {
namespace {

TEST(Address, PartsOfAnAddress) {
  const auto plain = parse_address("https://Example.org/data/a+b.zip?x=1#part");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "example.org");
  EXPECT_EQ(plain->port, 443);
  EXPECT_EQ(plain->path, "/data/a+b.zip?x=1");
  EXPECT_EQ(plain->text(), "https://example.org/data/a+b.zip?x=1");
  const auto port = parse_address("http://localhost:8000");
  ASSERT_TRUE(port);
  EXPECT_EQ(port->port, 8000);
  EXPECT_EQ(port->text(), "http://localhost:8000/");
  const auto six = parse_address("http://[::1]:80/x");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->text(), "http://[::1]/x");
}

TEST(Address, WhatIsNone) {
  for (const char* text : {"", "example.org/x", "ftp://example.org/x", "file:///etc/passwd", "http://",
                           "http://:80/", "http://example.org:0/", "http://example.org:99999/",
                           "http://example.org:80x/", "http://user:secret@example.org/", "http://[::1/",
                           "http://a b/", "http://a/b c", "http://a/b\r\nX: y"})
    EXPECT_FALSE(parse_address(text)) << text;
}

TEST(Address, RedirectionsAreSeenFromWhereTheyCome) {
  const Address from = *parse_address("https://a.org/one/two.zip?q");
  EXPECT_EQ(redirected(from, "/three")->text(), "https://a.org/three");
  EXPECT_EQ(redirected(from, "three.zip")->text(), "https://a.org/one/three.zip");
  EXPECT_EQ(redirected(from, "//b.org/x")->text(), "https://b.org/x");
  EXPECT_EQ(redirected(from, "https://b.org/x")->text(), "https://b.org/x");
}

TEST(Address, AnEncryptedAddressDoesNotLeadToAPlainOne) {
  const auto down = redirected(*parse_address("https://a.org/x"), "http://a.org/x");
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().message, "https://a.org/x leads to http://a.org/x, which is not encrypted");
  EXPECT_TRUE(redirected(*parse_address("http://a.org/x"), "https://a.org/x"));
  EXPECT_FALSE(redirected(*parse_address("http://a.org/x"), "file:///etc/passwd"));
}

TEST(Proxy, TheVariableOfTheSchemeThenAllProxy) {
  const Address plain = *parse_address("http://a.org/");
  const Address secure = *parse_address("https://a.org/");
  const ProxyWords words{.http = "http://p1:3128", .https = "", .all = "user:word@p2:8080", .none = ""};
  const auto first = proxy_for(plain, words);
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->host, "p1");
  EXPECT_EQ((*first)->port, 3128);
  const auto second = proxy_for(secure, words);
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->host, "p2");
  EXPECT_EQ((*second)->port, 8080);
  EXPECT_EQ((*second)->user, "user");
  EXPECT_EQ((*second)->password, "word");
  EXPECT_FALSE(*proxy_for(plain, {}));
}

TEST(Proxy, NoProxyNamesHostsAndDomains) {
  const auto proxied = [](const std::string& host, const std::string& none) {
    return proxy_for(*parse_address("http://" + host + "/"),
                     {.http = "http://p:1", .https = "", .all = "", .none = none})
        ->has_value();
  };
  EXPECT_FALSE(proxied("a.org", "a.org"));
  EXPECT_FALSE(proxied("x.a.org", "b.org, .a.org"));
  EXPECT_FALSE(proxied("a.org", "*"));
  EXPECT_TRUE(proxied("xa.org", "a.org"));
  EXPECT_TRUE(proxied("a.org.b", "a.org"));
}

TEST(Proxy, OnlyHttpProxies) {
  const auto socks = proxy_for(*parse_address("https://a.org/"),
                               {.http = "", .https = "socks5://p:1", .all = "", .none = ""});
  ASSERT_FALSE(socks);
  EXPECT_NE(socks.error().message.find("socks5://p:1"), std::string::npos);
}

}  // namespace
}  // namespace frugal
