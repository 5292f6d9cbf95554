// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace eddy::detail {

/// A link of an `intrusive_list`. Unlinks itself when destroyed, so that no list ever holds a dead
/// node. (Own twenty lines: awaiters live in public headers, which show no Boost library.)
class list_node {
public:
    list_node() noexcept = default;
    list_node(const list_node&) = delete;
    list_node& operator=(const list_node&) = delete;
    ~list_node() { unlink(); }

    [[nodiscard]] bool is_linked() const noexcept { return next_ != nullptr; }

    void unlink() noexcept {
        if (next_) {
            prev_->next_ = next_;
            next_->prev_ = prev_;
            next_ = prev_ = nullptr;
        }
    }

    /// Puts `other`, which is in no list, in the place of this node.
    void replace_by(list_node& other) noexcept {
        other.prev_ = prev_;
        other.next_ = next_;
        prev_->next_ = next_->prev_ = &other;
        next_ = prev_ = nullptr;
    }

private:
    friend class intrusive_list;
    list_node* prev_ = nullptr;
    list_node* next_ = nullptr;
};

/// A doubly linked list that owns nothing. Destroying it leaves the nodes unlinked.
class intrusive_list {
public:
    intrusive_list() noexcept { root_.prev_ = root_.next_ = &root_; }
    ~intrusive_list() { clear(); }
    intrusive_list(const intrusive_list&) = delete;
    intrusive_list& operator=(const intrusive_list&) = delete;

    [[nodiscard]] bool empty() const noexcept { return root_.next_ == &root_; }
    [[nodiscard]] list_node* front() const noexcept { return empty() ? nullptr : root_.next_; }
    [[nodiscard]] list_node* back() const noexcept { return empty() ? nullptr : root_.prev_; }

    /// The node after `node`, or null at the end.
    [[nodiscard]] list_node* next(const list_node& node) const noexcept {
        return node.next_ == &root_ ? nullptr : node.next_;
    }

    void push_back(list_node& node) noexcept {
        node.unlink();
        node.prev_ = root_.prev_;
        node.next_ = &root_;
        root_.prev_->next_ = &node;
        root_.prev_ = &node;
    }

    list_node* pop_front() noexcept {
        list_node* node = front();
        if (node) {
            node->unlink();
        }
        return node;
    }

    list_node* pop_back() noexcept {
        list_node* node = empty() ? nullptr : root_.prev_;
        if (node) {
            node->unlink();
        }
        return node;
    }

    /// Moves every node of `other` to the end of this list.
    void take(intrusive_list& other) noexcept {
        if (other.empty()) {
            return;
        }
        list_node& first = *other.root_.next_;
        list_node& last = *other.root_.prev_;
        other.root_.prev_ = other.root_.next_ = &other.root_;
        root_.prev_->next_ = &first;
        first.prev_ = root_.prev_;
        last.next_ = &root_;
        root_.prev_ = &last;
    }

    void clear() noexcept {
        while (pop_front()) {
        }
    }

private:
    list_node root_;
};

} // namespace eddy::detail
