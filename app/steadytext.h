// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;

namespace helmscope {

/// Holds a label whose text changes often. A label in a layout has the whole window laid out anew
/// with each text, which takes longer than painting it; this one asks for room only when a text
/// needs more than any before, and gives it back when it is empty or hidden.
class SteadyText final : public QWidget
{
    Q_OBJECT
public:
    /// Takes the label; its minimum width is kept, 1 means that it may be cut.
    explicit SteadyText(QLabel *label, QWidget *parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void renew();

    QLabel *m_label;
    QSize m_room;
};

} // namespace helmscope
