#pragma once

namespace burrow {

// A member of a ring; alone in it at first. What derives from it stays where it is.
struct Link {
  Link* prev = this;
  Link* next = this;

  void Unlink() {
    prev->next = next;
    next->prev = prev;
  }
  void PushFront(Link* link) {
    link->prev = this;
    link->next = next;
    next->prev = link;
    next = link;
  }
  bool empty() const { return next == this; }
};

}  // namespace burrow
