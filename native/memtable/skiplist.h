#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "base/internal_key.h"
#include "memtable/key_index.h"
#include "util/arena.h"

namespace burrow {

// Entries (user key, trailer, value) in internal-key order. One thread inserts at a time; any number of threads read at
// the same time without locks. Nothing is ever removed or moved.
//
// A search is bound by cache misses, so a link holds, beside the pointer, eight bytes of the key behind it: only a step to
// the right, or a tie, touches another node. They are the bytes behind a prefix that most keys are expected to share, or
// they would all be equal. (After Pugh, "Skip lists", 1990; LevelDB's memory ordering.)
class SkipList {
 public:
  static constexpr int kMaxHeight = 12;  // with p = 1/4: 16 million entries before searches degrade

  // Searches that take turns: about as many cache misses as the hardware has under way at once.
  static constexpr size_t kTogether = 16;

  // An entry: its tower of links below the header (level 0 nearest), then user key, trailer and value.
  class Node {
   public:
    Slice user_key() const { return Slice(data(), key_size_); }
    Slice internal_key() const { return Slice(data(), key_size_ + kTrailerSize); }
    uint64_t trailer() const { return DecodeFixed64(data() + key_size_); }
    Slice value() const { return Slice(data() + key_size_ + kTrailerSize, value_size_); }
    const Node* next() const { return link(0).next.load(std::memory_order_acquire); }

   private:
    friend class SkipList;

    // The hint is the prefix of next's key; past the end it is the largest one. It is stored after `next` and loaded
    // before it: a reader may pair a new hint with the same or a newer (so smaller) node, and an old hint with any node
    // at or before the one it describes. "Hint below target: step right" and "hint above target: go down" are right
    // in all of these cases; a node that is skipped was inserted after the reader's sequence number was published.
    struct Link {
      std::atomic<Node*> next;
      std::atomic<uint64_t> hint;
    };

    Node(int height, size_t key_size, size_t value_size)
        : value_size_(static_cast<uint32_t>(value_size)),
          key_size_(static_cast<uint16_t>(key_size)),
          height_(static_cast<uint16_t>(height)) {}
    char* data() { return reinterpret_cast<char*>(this + 1); }
    const char* data() const { return reinterpret_cast<const char*>(this + 1); }
    Link& link(int level) { return reinterpret_cast<Link*>(this)[-1 - level]; }
    const Link& link(int level) const { return reinterpret_cast<const Link*>(this)[-1 - level]; }

    const uint32_t value_size_;
    const uint16_t key_size_;
    const uint16_t height_;
  };

  // `shared_prefix`: what most keys begin with; any bytes are right, a good guess is fast.
  explicit SkipList(Slice shared_prefix) : shared_prefix_(shared_prefix) {
    head_ = Allocate(kMaxHeight, 0, 0);
    for (int level = 0; level < kMaxHeight; level++) {
      Point(head_, level, nullptr, kNoHint, std::memory_order_relaxed);
      splice_[level] = head_;
    }
  }

  // REQUIRES: no other Insert runs; no entry has the same user key and trailer; there is no index.
  void Insert(Slice user_key, uint64_t trailer, Slice value) {
    const Target target = TargetOf(user_key, trailer);
    if (!SpliceHolds(target)) FindSplice(target);
    InsertAtSplice(NewNode(target, value), target);
  }

  struct Entry {
    Slice user_key;
    Slice value;
    uint64_t trailer = 0;
    uint64_t hint = 0;  // HintOf(user_key)
  };

  // Inserts entries that are in order. REQUIRES: as for Hold; nothing is held.
  void InsertMany(const Entry* entries, size_t n) {
    for (size_t i = 0; i < n; i++) {
      if (held_count_ == kTogether) InsertHeld();
      const bool newest =
          i == 0 || entries[i].hint != entries[i - 1].hint || entries[i].user_key != entries[i - 1].user_key;
      Hold(TargetOf(entries[i]), entries[i].value, newest);
    }
    InsertHeld();
  }

  // Copies an entry; InsertHeld() will put it in its place. Many at a time are faster: their searches take turns, so that
  // while one waits for a node to arrive from memory the others go on. REQUIRES: no other insertion runs; the trailer is
  // larger than all of the same key; fewer than kTogether are held.
  void Hold(Slice user_key, uint64_t trailer, Slice value) { Hold(TargetOf(user_key, trailer), value, true); }
  void InsertHeld() {
    if (held_count_ > 1) {
      InsertTogether();
    } else if (held_count_ == 1) {
      const Target target = TargetOf(held_[0]);
      FindSplice(target);
      InsertAtSplice(held_[0].node, target);
      IndexLater(held_[0]);
    }
    held_count_ = 0;
    IndexLinked();
  }

  // From now on Find() need not search. `bytes`: of the index to begin with. REQUIRES: no insertion runs; nothing is
  // held; there is no index.
  void MakeIndex(size_t bytes) {
    index_ = std::make_unique<KeyIndex>(bytes);
    Slice last;
    for (const Node* node = First(); node != nullptr; node = node->next()) {
      if (node->user_key() == last) continue;
      last = node->user_key();
      index_->Put(index_->HashOf(last), node, nullptr);
    }
    current_index_.store(index_.get(), std::memory_order_release);
  }
  // Null: there is none.
  const KeyIndex* index() const { return current_index_.load(std::memory_order_acquire); }

  // The first entry of the key at or after the trailer; null when there is none.
  const Node* Find(Slice user_key, uint64_t trailer) const {
    auto of_key = [&](const Node* node) { return node != nullptr && node->user_key() == user_key ? node : nullptr; };
    if (const KeyIndex* index = this->index(); index != nullptr) {
      const void* newest = index->Find(index->HashOf(user_key), [&](const void* entry) {
        return static_cast<const Node*>(entry)->user_key() == user_key;
      });
      const auto* node = static_cast<const Node*>(newest);
      for (int passed = 0; passed < kMaxPassed; passed++) {
        if (node == nullptr || node->trailer() <= trailer) return node;
        node = of_key(node->next());
      }
    }
    return of_key(FindAtOrAfter(user_key, trailer));
  }

  // The first entry at or after (user_key, trailer); null when there is none.
  const Node* FindAtOrAfter(Slice user_key, uint64_t trailer) const {
    const Target target = TargetOf(user_key, trailer);
    const Node* node = LastBefore(target)->next();
    // What was inserted since the hint was read may lie before the target, too.
    while (node != nullptr && Before(node, target)) node = node->next();
    return node;
  }

  // The last entry strictly before (user_key, trailer); null when there is none.
  const Node* FindBefore(Slice user_key, uint64_t trailer) const {
    const Node* node = LastBefore(TargetOf(user_key, trailer));
    return node == head_ ? nullptr : node;
  }

  const Node* First() const { return head_->next(); }
  const Node* Last() const {
    const Node* node = head_;
    for (int level = max_height_.load(std::memory_order_relaxed) - 1; level >= 0; level--) {
      while (const Node* next = node->link(level).next.load(std::memory_order_acquire)) node = next;
    }
    return node == head_ ? nullptr : node;
  }

  size_t MemoryUsage() const { return arena_.MemoryUsage(); }
  size_t BytesUsed() const { return arena_.Used(); }  // REQUIRES: no insertion runs

  // What links hold of a key: the eight bytes behind the shared prefix as a big-endian number, padded with zeros; the
  // smallest or largest number for a key that lies below or above all that share it. a < b implies HintOf(a) <= HintOf(b).
  uint64_t HintOf(Slice key) const {
    const size_t shared = shared_prefix_.size();
    const int order = key.substr(0, shared).compare(shared_prefix_);
    if (order != 0) return order < 0 ? 0 : UINT64_MAX;
    unsigned char b[8] = {};
    memcpy(b, key.data() + shared, std::min(key.size() - shared, sizeof b));
    return uint64_t{b[0]} << 56 | uint64_t{b[1]} << 48 | uint64_t{b[2]} << 40 | uint64_t{b[3]} << 32 |
           uint64_t{b[4]} << 24 | uint64_t{b[5]} << 16 | uint64_t{b[6]} << 8 | uint64_t{b[7]};
  }

 private:
  static constexpr uint64_t kNoHint = UINT64_MAX;
  static constexpr int kMaxPassed = 16;  // versions that are too new; a read of a key with more searches

  struct Target {
    Slice user_key;
    uint64_t trailer;
    uint64_t prefix;
  };
  struct Held {
    Node* node;
    uint64_t prefix;
    uint64_t hash = 0;
    bool indexed = false;  // is to be: there is an index, and no newer version
  };
  // What Put() of the index takes.
  struct Linked {
    uint64_t hash;
    const Node* node;
    const Node* older;
  };

  Target TargetOf(Slice user_key, uint64_t trailer) const { return {user_key, trailer, HintOf(user_key)}; }
  static Target TargetOf(const Entry& entry) { return {entry.user_key, entry.trailer, entry.hint}; }
  static Target TargetOf(const Held& held) { return {held.node->user_key(), held.node->trailer(), held.prefix}; }

  static bool Before(const Node* node, const Target& target) {
    int order = node->user_key().compare(target.user_key);
    return order != 0 ? order < 0 : node->trailer() > target.trailer;
  }

  // The last node before the target, or the head; apart from nodes that are being inserted.
  const Node* LastBefore(const Target& target) const {
    const Node* node = head_;
    const Node* not_before = nullptr;
    for (int level = max_height_.load(std::memory_order_relaxed) - 1; level >= 0; level--) {
      node = Advance(node, level, target, &not_before);
    }
    return node;
  }

  // The last node of `level` before the target, starting from `node`, which is. *not_before is the last node that was
  // compared and is not before the target: below this level it need not be compared again. One that only its hint
  // rules out is not meant, since a newer node may have taken its place behind the link.
  template <typename N>
  static N* Advance(N* node, int level, const Target& target, const Node** not_before) {
    for (;;) {
      const Node::Link& link = node->link(level);
      const uint64_t hint = link.hint.load(std::memory_order_acquire);
      Node* next = link.next.load(std::memory_order_acquire);
      if (hint < target.prefix) {
        node = next;
        continue;
      }
      if (hint > target.prefix || next == nullptr) return node;
      if (next == *not_before || !Before(next, target)) {
        *not_before = next;
        return node;
      }
      node = next;
    }
  }

  // Whether the last insertion's place is also this target's: true for ascending runs.
  bool SpliceHolds(const Target& target) const {
    const Node* node = splice_[0];
    if (node == head_ || !Before(node, target)) return false;
    return !IsBefore(node->link(0), target);
  }

  // Insertions that ascend search from the last one: up to the level that leads past the target, and down again.
  void FindSplice(const Target& target) {
    const int height = max_height_.load(std::memory_order_relaxed);
    int top = height - 1;
    Node* node = head_;
    if (splice_[0] != head_ && Before(splice_[0], target)) {
      for (top = 1; top < height && IsBefore(splice_[top]->link(top), target);) ++top;
      top = std::min(top, height - 1);
      node = splice_[top];
    }
    const Node* not_before = nullptr;
    for (int level = top; level >= 0; level--) {
      node = Advance(node, level, target, &not_before);
      splice_[level] = node;
    }
    // Levels above `height` are empty, and their splice is the head already.
  }

  // Whether the node behind the link is before the target. Writer only.
  static bool IsBefore(const Node::Link& link, const Target& target) {
    const uint64_t hint = link.hint.load(std::memory_order_relaxed);
    if (hint != target.prefix) return hint < target.prefix;
    const Node* next = link.next.load(std::memory_order_relaxed);
    return next != nullptr && Before(next, target);
  }

  void InsertAtSplice(Node* node, const Target& target) {
    for (int level = 0; level < node->height_; level++) Link(node, level, splice_[level], target);
  }

  // An ascending run goes where the last one went, without a search. `newest`: there is no newer version of the key.
  void Hold(const Target& target, Slice value, bool newest) {
    Held held{NewNode(target, value), target.prefix};
    if (newest && index_ != nullptr) {
      held.indexed = true;
      held.hash = index_->HashOf(target.user_key);
      index_->Prefetch(held.hash);
    }
    if (held_count_ == 0 && SpliceHolds(target)) {
      InsertAtSplice(held.node, target);
      IndexLater(held);
    } else {
      held_[held_count_++] = held;
    }
  }

  // Of one that was linked just now: when its place in the index has arrived from memory.
  void IndexLater(const Held& held) {
    if (!held.indexed) return;
    if (linked_count_ == kTogether) IndexLinked();
    const Node::Link& link = held.node->link(0);
    const Node* next = link.next.load(std::memory_order_relaxed);
    const bool is_older = link.hint.load(std::memory_order_relaxed) == held.prefix && next != nullptr &&
                          next->user_key() == held.node->user_key();
    linked_[linked_count_++] = {held.hash, held.node, is_older ? next : nullptr};
  }

  void IndexLinked() {
    for (size_t i = 0; i < linked_count_; i++) index_->Put(linked_[i].hash, linked_[i].node, linked_[i].older);
    linked_count_ = 0;
  }

  // One of the searches of InsertTogether.
  struct Search {
    Target target;
    Node* node;  // before the target
    int level;
    const Node* asked = nullptr;  // a node with the target's hint: its key is on the way
    const Node* not_before = nullptr;
    Node* splice[kMaxHeight];
  };

  // Inserts those that are held, more than none.
  void InsertTogether() {
    Search searches[kTogether];
    const int height = max_height_.load(std::memory_order_relaxed);
    for (size_t i = 0; i < held_count_; i++) {
      searches[i].target = TargetOf(held_[i]);
      searches[i].node = head_;
      searches[i].level = height - 1;
    }
    FindTogether(searches, held_count_);
    for (size_t i = 0; i < held_count_; i++) {
      const Search& search = searches[i];
      Node* node = held_[i].node;
      // Those that were inserted since may stand between; and the last one leaves its place behind.
      const int levels = i + 1 < held_count_ ? node->height_ : height;
      for (int level = 0; level < levels; level++) {
        const Node* not_before = nullptr;
        splice_[level] = Advance(search.splice[level], level, search.target, &not_before);
        if (level < node->height_) Link(node, level, splice_[level], search.target);
      }
      IndexLater(held_[i]);
    }
  }

  static void FindTogether(Search* searches, size_t n) {
    Search* running[kTogether];
    for (size_t i = 0; i < n; i++) running[i] = &searches[i];
    while (n > 0) {
      for (size_t i = 0; i < n;) {
        if (Step(running[i])) {
          running[i] = running[--n];
        } else {
          ++i;
        }
      }
    }
  }

  // Goes on to the next node that has to arrive. True: the search is done.
  static bool Step(Search* search) {
    const Target& target = search->target;
    for (;;) {
      const Node::Link& link = search->node->link(search->level);
      const uint64_t hint = link.hint.load(std::memory_order_relaxed);
      Node* const next = link.next.load(std::memory_order_relaxed);
      bool before = hint < target.prefix;
      if (hint == target.prefix && next != nullptr && next != search->not_before) {
        if (next != search->asked) {
          search->asked = next;
          __builtin_prefetch(next);
          __builtin_prefetch(&next->link(search->level));
          return false;
        }
        before = Before(next, target);
        if (!before) search->not_before = next;
      }
      if (before) {
        search->node = next;
        if (next == search->asked) continue;
        __builtin_prefetch(&next->link(search->level));
        return false;
      }
      search->splice[search->level] = search->node;
      if (--search->level < 0) return true;
    }
  }

  static void Point(Node* from, int level, Node* to, uint64_t hint, std::memory_order order) {
    Node::Link& link = from->link(level);
    link.next.store(to, order);
    link.hint.store(hint, order);
  }

  // Puts the node behind *before, and *before at the node.
  static void Link(Node* node, int level, Node*& before, const Target& target) {
    const Node::Link& link = before->link(level);
    Point(node, level, link.next.load(std::memory_order_relaxed), link.hint.load(std::memory_order_relaxed),
          std::memory_order_relaxed);
    Point(before, level, node, target.prefix, std::memory_order_release);
    before = node;
  }

  Node* NewNode(const Target& target, Slice value) {
    const int height = RandomHeight();
    if (height > max_height_.load(std::memory_order_relaxed)) {
      max_height_.store(height, std::memory_order_relaxed);  // a reader may see it late or early: both are harmless
    }
    const Slice key = target.user_key;
    Node* node = Allocate(height, key.size(), value.size());
    char* data = node->data();
    memcpy(data, key.data(), key.size());
    EncodeFixed64(data + key.size(), target.trailer);
    if (!value.empty()) memcpy(data + key.size() + kTrailerSize, value.data(), value.size());
    return node;
  }

  Node* Allocate(int height, size_t key_size, size_t value_size) {
    const size_t tower = static_cast<size_t>(height) * sizeof(Node::Link);
    char* memory = arena_.Allocate(tower + sizeof(Node) + key_size + kTrailerSize + value_size, alignof(Node::Link));
    for (size_t at = 0; at < tower; at += sizeof(Node::Link)) new (memory + at) Node::Link;
    return new (memory + tower) Node(height, key_size, value_size);
  }

  int RandomHeight() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return 1 + std::countr_zero(random_ >> 20 | uint64_t{1} << 2 * (kMaxHeight - 1)) / 2;
  }

  const std::string shared_prefix_;
  Arena arena_;
  Node* head_;
  std::atomic<int> max_height_{1};
  Node* splice_[kMaxHeight];  // per level the last node at or before the last insertion
  Held held_[kTogether];
  size_t held_count_ = 0;
  Linked linked_[kTogether];
  size_t linked_count_ = 0;
  std::unique_ptr<KeyIndex> index_;
  std::atomic<const KeyIndex*> current_index_{nullptr};  // the same, for readers
  uint64_t random_ = 0x9e3779b97f4a7c15;
};

}  // namespace burrow
