// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLabel>

namespace helmscope {

/// A label that ends in "…" where its words do not fit, and then has the whole as its tool tip,
/// unless it has one of its own. Rich text is as in any label.
class ElidedLabel final : public QLabel
{
    Q_OBJECT
public:
    using QLabel::QLabel;

    bool isElided() const;

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    QRect room() const;
};

} // namespace helmscope
