// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/timer.hpp>

namespace eddy::detail {

void timer::disarm() noexcept {
    if (queue_) {
        queue_->disarm(*this);
    }
}

timer_queue::~timer_queue() {
    while (root_) {
        disarm(*root_);
    }
}

void timer_queue::arm(timer& entry, time_point at) noexcept {
    disarm(entry);
    entry.at_ = at;
    entry.order_ = ++orders_;
    entry.queue_ = this;
    root_ = merge(root_, &entry);
}

void timer_queue::disarm(timer& entry) noexcept {
    if (entry.queue_ != this) {
        return;
    }
    timer* children = merge_siblings(entry.child_);
    if (&entry == root_) {
        root_ = children;
    } else {
        if (entry.previous_->child_ == &entry) {
            entry.previous_->child_ = entry.sibling_;
        } else {
            entry.previous_->sibling_ = entry.sibling_;
        }
        if (entry.sibling_) {
            entry.sibling_->previous_ = entry.previous_;
        }
        root_ = merge(root_, children);
    }
    entry.child_ = entry.sibling_ = entry.previous_ = nullptr;
    entry.queue_ = nullptr;
}

void timer_queue::fire(time_point now) noexcept {
    const std::uint64_t last = orders_;
    while (root_ && root_->at_ <= now && root_->order_ <= last) {
        timer& due = *root_;
        disarm(due);
        due.on_fire_(due);
    }
}

bool timer_queue::earlier(const timer& a, const timer& b) noexcept {
    return a.at_ != b.at_ ? a.at_ < b.at_ : a.order_ < b.order_;
}

timer* timer_queue::merge(timer* a, timer* b) noexcept {
    if (!a || !b) {
        return a ? a : b;
    }
    if (earlier(*b, *a)) {
        timer* swapped = a;
        a = b;
        b = swapped;
    }
    b->sibling_ = a->child_;
    b->previous_ = a;
    if (a->child_) {
        a->child_->previous_ = b;
    }
    a->child_ = b;
    a->sibling_ = nullptr;
    return a;
}

// The two-pass merge of a pairing heap, without recursion: a long list of siblings must not need a
// deep stack.
timer* timer_queue::merge_siblings(timer* first) noexcept {
    timer* pairs = nullptr; // a stack linked by sibling_
    while (first) {
        timer* a = first;
        timer* b = a->sibling_;
        first = b ? b->sibling_ : nullptr;
        a->sibling_ = a->previous_ = nullptr;
        if (b) {
            b->sibling_ = b->previous_ = nullptr;
        }
        timer* pair = merge(a, b);
        pair->sibling_ = pairs;
        pairs = pair;
    }
    timer* merged = nullptr;
    while (pairs) {
        timer* next = pairs->sibling_;
        pairs->sibling_ = nullptr;
        merged = merge(merged, pairs);
        pairs = next;
    }
    return merged;
}

} // namespace eddy::detail
