// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;
class QSlider;

namespace helmscope {

/// A slider over the steps of a run: at its end it follows the newest step.
class Timeline final : public QWidget
{
    Q_OBJECT
public:
    explicit Timeline(QWidget *parent = nullptr);

    /// `planned`: how many steps the run is to have.
    void setSteps(int steps, int planned);
    /// Which step is looked at, counted from 0; -1 without any.
    int index() const;
    bool isFollowing() const { return m_isFollowing; }
    void goTo(int index);

signals:
    void moved(int index);

private:
    void showNumber();

    QSlider *m_slider = nullptr;
    QLabel *m_number = nullptr;
    QPushButton *m_newest = nullptr;
    int m_steps = 0, m_planned = 0;
    bool m_isFollowing = true;
};

} // namespace helmscope
