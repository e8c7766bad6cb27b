// The C++ test harness: TEST registers a test, the CHECK macros end it at the first thing that is wrong.
//
//   TEST(Crc32c, MatchesTheStandardVector) { CHECK_EQ(crc32c::Value("123456789"), 0xe3069283u); }
//
// Each test runs in a process of its own (see testing_main.cc), so a failed CHECK may simply abort: it works in
// helper functions and on other threads, and neither it nor a crash takes the other tests along.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#define TEST(suite, name)                                                              \
  static void suite##_##name##_Test();                                                 \
  [[maybe_unused]] static const bool suite##_##name##_registered =                     \
      ::burrow::testing::Register(__FILE__, #suite "." #name, &suite##_##name##_Test); \
  static void suite##_##name##_Test()

#define CHECK(condition)                                                                    \
  do {                                                                                      \
    if (!(condition)) ::burrow::testing::Fail(__FILE__, __LINE__, "CHECK(" #condition ")"); \
  } while (false)

#define BURROW_CHECK_OP(a, b, op, function) \
  ::burrow::testing::CheckOp(__FILE__, __LINE__, #a " " #op " " #b, a, b, ::burrow::testing::function())

// Integers of different signedness compare by value; strings, views and literals by their bytes.
#define CHECK_EQ(a, b) BURROW_CHECK_OP(a, b, ==, Equal)
#define CHECK_NE(a, b) BURROW_CHECK_OP(a, b, !=, NotEqual)
#define CHECK_LT(a, b) BURROW_CHECK_OP(a, b, <, Less)
#define CHECK_LE(a, b) BURROW_CHECK_OP(a, b, <=, LessEqual)
#define CHECK_GT(a, b) BURROW_CHECK_OP(a, b, >, Greater)
#define CHECK_GE(a, b) BURROW_CHECK_OP(a, b, >=, GreaterEqual)

// For anything with `bool ok()` and `std::string ToString()`, such as Status.
#define CHECK_OK(status) ::burrow::testing::CheckOk(__FILE__, __LINE__, #status, status)

namespace burrow {

// The seed for everything random in this run: BURROW_TEST_SEED when set, otherwise new for each run. It is printed at
// the start and with each failure. Tests derive from it (`TestSeed() + i`), never from the clock.
uint64_t TestSeed();

// A directory for the running test, created empty; it is removed when the test passes and kept when it fails.
std::string TestDir();

namespace testing {

bool Register(const char* file, const char* name, void (*body)());

// Prints where and what, then aborts the test's process.
[[noreturn]] void Fail(const char* file, int line, const std::string& what);

std::string Quoted(std::string_view bytes);

template <typename T>
std::string Describe(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_null_pointer_v<T>) {
    return "nullptr";
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return Quoted(value);
  } else if constexpr (std::is_arithmetic_v<T>) {
    return std::to_string(value);
  } else if constexpr (std::is_enum_v<T>) {
    return std::to_string(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (requires { value.ToString(); }) {
    return value.ToString();
  } else {
    return "(a value that has no text form)";
  }
}

template <typename T>
inline constexpr bool kIsNumber = std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char>;

#define BURROW_COMPARISON(name, integers, op)                                   \
  struct name {                                                                 \
    template <typename A, typename B>                                           \
    bool operator()(const A& a, const B& b) const {                             \
      if constexpr (kIsNumber<A> && kIsNumber<B>) {                             \
        return std::integers(a, b);                                             \
      } else if constexpr (std::is_convertible_v<const A&, std::string_view> && \
                           std::is_convertible_v<const B&, std::string_view>) { \
        return std::string_view(a) op std::string_view(b);                      \
      } else {                                                                  \
        return a op b;                                                          \
      }                                                                         \
    }                                                                           \
  }

BURROW_COMPARISON(Equal, cmp_equal, ==);
BURROW_COMPARISON(NotEqual, cmp_not_equal, !=);
BURROW_COMPARISON(Less, cmp_less, <);
BURROW_COMPARISON(LessEqual, cmp_less_equal, <=);
BURROW_COMPARISON(Greater, cmp_greater, >);
BURROW_COMPARISON(GreaterEqual, cmp_greater_equal, >=);
#undef BURROW_COMPARISON

template <typename A, typename B, typename Comparison>
void CheckOp(const char* file, int line, const char* text, const A& a, const B& b, Comparison holds) {
  if (holds(a, b)) return;
  Fail(file, line, std::string(text) + "\n    left  " + Describe(a) + "\n    right " + Describe(b));
}

template <typename S>
void CheckOk(const char* file, int line, const char* text, const S& status) {
  if (!status.ok()) Fail(file, line, std::string(text) + " is not ok: " + status.ToString());
}

}  // namespace testing
}  // namespace burrow
